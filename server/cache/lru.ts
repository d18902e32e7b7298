/**
 * The least recently used go first, bounded by bytes. A ring of nodes, so that a hit changes no table; the table is the
 * journal's, which leaves nothing behind in V8's old generation when entries come and go with every call (see bag.ts).
 */
import { createCallTable } from '../journal/call-table.ts'

interface Node<T> {
  /** The key; the table calls it so. */
  callId: string
  value: T | null
  bytes: number
  newer: Node<T>
  older: Node<T>
}

export interface Lru<T> {
  /** Makes it the most recently used. */
  get(key: string): T | null
  peek(key: string): T | null
  /** What was there under this key goes without a word; what has no room any more goes by way of `onEvict`. */
  set(key: string, value: T, bytes: number): void
  delete(key: string): T | null
  clear(): void
  size(): number
  bytes(): number
  /** A copy, oldest first. */
  list(): { key: string; value: T }[]
}

export function createLru<T>(maxBytes: () => number, onEvict: (key: string, value: T) => void = () => {}): Lru<T> {
  const table = createCallTable<Node<T>>()
  const end = { callId: '', value: null, bytes: 0 } as unknown as Node<T>
  end.newer = end.older = end
  let bytes = 0
  let size = 0

  const link = (node: Node<T>) => {
    node.newer = end
    node.older = end.older
    end.older.newer = node
    end.older = node
  }
  const unlink = (node: Node<T>) => {
    node.older.newer = node.newer
    node.newer.older = node.older
  }
  const take = (key: string): T | null => {
    const node = table.get(key)
    if (!node) return null
    table.delete(key)
    unlink(node)
    // A dead node must not keep its neighbours alive.
    node.newer = node.older = node
    bytes -= node.bytes
    size--
    return node.value
  }

  return {
    get(key) {
      const node = table.get(key)
      if (!node) return null
      unlink(node)
      link(node)
      return node.value
    },
    peek: (key) => table.get(key)?.value ?? null,
    set(key, value, cost) {
      take(key)
      if (cost > maxBytes()) return onEvict(key, value)
      const node = { callId: key, value, bytes: cost } as Node<T>
      table.add(node)
      link(node)
      bytes += cost
      size++
      while (bytes > maxBytes()) {
        const oldest = end.newer
        take(oldest.callId)
        onEvict(oldest.callId, oldest.value!)
      }
    },
    delete: take,
    clear() {
      table.clear()
      end.newer = end.older = end
      bytes = size = 0
    },
    size: () => size,
    bytes: () => bytes,
    list() {
      const found: { key: string; value: T }[] = []
      for (let node = end.newer; node !== end; node = node.newer) found.push({ key: node.callId, value: node.value! })
      return found
    },
  }
}
