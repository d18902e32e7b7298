// The corpus in all eight ways: plain, gzip, br and zstd, in one piece and cut.
import { recordedTraffic } from './suite.ts'

recordedTraffic(8)
