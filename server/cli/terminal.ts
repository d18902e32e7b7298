/** What a command is given of the process that it runs in, so that tests can run it without one. */
export interface Terminal {
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  /** A line on standard output. */
  print(line: string): void
  /** A line on standard error. */
  complain(line: string): void
}

export interface AskingTerminal extends Terminal {
  /** A line that is not shown while it is typed; where standard input is no terminal, all that comes. */
  askSecret(question: string): Promise<string>
}

/** Where the parts that a command needs are: beside the bundle, or in the source tree. */
export interface Places {
  version: string
  migrationsDir: string
  assetsDir: string
  workers: { recorder: URL; reader: URL; control: URL; judge: URL }
}
