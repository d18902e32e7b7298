// The command line: what it understands, and how it answers what it does not.
import { expect, test } from 'vitest'
import { parseCommand, UsageError } from '../../server/cli/arguments.ts'
import { COMMANDS, type CommandName } from '../../server/cli/commands.ts'
import { helpText } from '../../server/cli/help.ts'

const parse = (line: string) => {
  const { name, values, switches } = parseCommand(line.split(' ').filter(Boolean))
  return { name, values, switches: [...switches] }
}

test.each([
  ['', { name: 'start', values: {}, switches: [] }],
  ['--port 9000 --demo', { name: 'start', values: { port: '9000' }, switches: ['demo'] }],
  ['start --host=0.0.0.0 --data /d', { name: 'start', values: { host: '0.0.0.0', data: '/d' }, switches: [] }],
  ['-h', { name: 'start', values: {}, switches: ['help'] }],
  ['help', { name: 'start', values: {}, switches: ['help'] }],
  ['--version', { name: 'start', values: {}, switches: ['version'] }],
  ['config check --config w.yaml', { name: 'config check', values: { config: 'w.yaml' }, switches: [] }],
  ['export --q status:>=500 --from 7d', { name: 'export', values: { q: 'status:>=500', from: '7d' }, switches: [] }],
  ['prune --data x', { name: 'prune', values: { data: 'x' }, switches: [] }],
  ['admin token --new', { name: 'admin token', values: {}, switches: ['new'] }],
])('weir %s', (line, command) => expect(parse(line)).toEqual(command))

test.each([
  ['--prot 1', '--prot is not an option: did you mean --port?'],
  ['--Port 1', '--Port is not an option: did you mean --port?'],
  ['--new', '--new is an option of weir admin token, not of weir start'],
  [
    '--quiet',
    '--quiet is not an option of weir start. Options: --port --host --config --data --database --help --demo --version',
  ],
  ['--port', '--port needs a value: --port PORT'],
  ['--demo=yes', '--demo is a switch and takes no value'],
  ['exprot', 'weir exprot is not a command: did you mean weir export? See weir --help.'],
  ['config', 'weir config is not a command: did you mean weir config check?'],
  ['admin tokn', 'weir admin tokn is not a command: did you mean weir admin token?'],
  ['frobnicate', 'weir frobnicate is not a command. See weir --help.'],
  ['--port 1 export', 'weir start takes no "export": commands stand first'],
])('weir %s is refused with what to do', (line, says) => {
  expect(() => parse(line)).toThrow(new UsageError(says))
})

test.each(Object.keys(COMMANDS) as CommandName[])('the help of weir %s names every option', (name) => {
  const help = helpText(name, '1.2.3')
  for (const option of Object.keys(COMMANDS[name].options)) expect(help).toContain(`--${option}`)
})
