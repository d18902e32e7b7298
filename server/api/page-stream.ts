/** Pages of text as one download. A page is asked for only when the client has taken the one before. */

export interface Page {
  bytes: Uint8Array
  next: string | null
}

/** The first page is there before the answer begins, so that a bad query is still a problem and not a broken download. */
export function streamPages(first: Page, nextPage: (cursor: string) => Promise<Page>): ReadableStream<Uint8Array> {
  let page: Page | null = first
  return new ReadableStream(
    {
      async pull(controller) {
        if (page === null) return controller.close()
        const { bytes, next } = page
        if (bytes.byteLength > 0) controller.enqueue(bytes)
        page = next === null ? null : await nextPage(next)
        if (page === null) controller.close()
      },
      cancel() {
        page = null
      },
    },
    { highWaterMark: 1 },
  )
}
