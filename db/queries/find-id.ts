/** What an id that someone pasted belongs to: call, response, request, trace, span or session id, or a tool call's. */

export interface FoundId {
  kind: 'call' | 'session'
  id: string
}
