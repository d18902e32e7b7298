/** Tells an id from a word, so that a pasted one is looked up instead of searched for. Being wrong costs one look-up. */
const PREFIXED =
  /^(?:resp|msg|msgbatch|chatcmpl|cmpl|req|toolu|call|run|thread|sess|session|conv|gen|batch|fc|rs|srvtoolu)[-_][\w-]{4,}$/i
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const HEX = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i

export const looksLikeId = (text: string) =>
  !/\s/.test(text) && (PREFIXED.test(text) || UUID.test(text) || HEX.test(text))
