import { expect, it } from 'vitest'
import { wrongsOfRobot } from '@/features/notices/robot'

const pointers = (code: string, url: string, isNew: boolean): string[] =>
  wrongsOfRobot(code, url, isNew).map((one) => one.pointer)

it('says what a new robot lacks, and nothing of one that is there', () => {
  expect(pointers('', '', true)).toEqual(['/code', '/url'])
  expect(pointers('值班群', 'https://example.com/hook', true)).toEqual(['/code'])
  expect(pointers('duty-1', 'https://example.com/hook', true)).toEqual([])
  expect(pointers('', '', false)).toEqual([])
})
