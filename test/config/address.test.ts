// The guard on base URLs: where clouds hand out credentials, in every disguise, is refused; where local models live is not.
import { expect, test } from 'vitest'
import { baseUrlProblem, refusedAddress } from '../../server/config/address.ts'
import { load, mistakesOf } from './folder.ts'

const REFUSED = [
  'http://169.254.169.254/latest',
  'http://2852039166',
  'http://0xA9FEA9FE/',
  'http://0251.0376.0251.0376',
  'http://169.254.43518',
  'http://[::ffff:169.254.169.254]:80',
  'http://[::ffff:a9fe:a9fe]',
  'http://[64:ff9b::169.254.169.254]',
  'http://[fd00:ec2::254]',
  'http://[fe80::1]',
  'http://metadata.google.internal',
  'http://metadata.google.internal.',
  'http://169.254.169.254.nip.io',
  'http://169-254-169-254.sslip.io',
  'http://100.100.100.200',
  'http://168.63.129.16',
  'http://0.0.0.0:8000',
  'http://[::]',
  'http://0x7f.1',
  'http://2130706433',
  'http://0xc0a80001',
  'http://[::ffff:10.0.0.1]',
]
const TAKEN = [
  'https://api.openai.com',
  'http://localhost:11434',
  'http://127.0.0.1:8000/v1',
  'http://[::1]:8000',
  'http://192.168.1.20:8000',
  'http://10.0.0.5',
  'http://gpu:8000',
  'http://[fd12:3456::1]',
  'https://llm.example.com/base/path',
  'http://10.0.0.5.nip.io',
]

test.each(REFUSED)('%s is refused', (baseUrl) => {
  expect(baseUrlProblem(baseUrl, false)).toMatch(/allowPrivate: true/)
  expect(baseUrlProblem(baseUrl, true)).toBeNull()
})

test.each(TAKEN)('%s is taken', (baseUrl) => expect(baseUrlProblem(baseUrl, false)).toBeNull())

test.each([
  ['gpu:8000', /must begin with http/],
  ['not a url', /is not a URL/],
  ['ftp://host', /must begin with http/],
  ['https://user:pw@host', /no user name or password/],
  ['https://host/?a=1', /no \? and no #/],
])('%s is no base URL', (baseUrl, says) => expect(baseUrlProblem(baseUrl, false)).toMatch(says))

test('what a name resolves to is asked again with the same answer', () => {
  expect(['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1%eth0', '0.0.0.0'].map(refusedAddress)).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect(['127.0.0.1', '10.0.0.1', '::1', '1.1.1.1', 'fd12::1'].map(refusedAddress)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ])
})

test('the guard stands in the configuration, and allowPrivate opens it for one provider', () => {
  const yaml = 'providers:\n  a: { baseUrl: "http://169.254.169.254" }\n'
  expect(mistakesOf({ yaml })[0]).toMatch(/^weir\.yaml:2:8 {2}providers\.a\.baseUrl: 169\.254\.169\.254 is an address/)
  const opened = load({ yaml: yaml.replace(' }', ', allowPrivate: true }') })
  expect(opened.config.providers['a']?.allowPrivate).toBe(true)
})
