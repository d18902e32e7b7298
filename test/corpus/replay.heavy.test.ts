// The corpus in three of its eight ways: plain in one piece, plain and cut, and one compression in turn.
import { recordedTraffic } from './suite.ts'

recordedTraffic(3)
