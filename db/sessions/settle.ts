/** After a fold: lanes and sessions without calls go, and what cannot be added up is counted. In the SQL of both databases. */

/** `within(n)`: that a column is one of the values of the nth parameter. All statements take the same one: session ids. */
export const settling = (within: (n: number) => string): string[] => [
  `delete from lanes where session_id ${within(1)} and calls <= 0`,
  `update sessions set
     lanes = (select count(*) from lanes where lanes.session_id = sessions.id),
     findings = (select count(*) from findings where findings.session_id = sessions.id)
   where id ${within(1)}`,
  `delete from sessions where id ${within(1)} and calls <= 0`,
]
