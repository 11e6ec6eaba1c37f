import { describe, expect, it } from 'vitest'
import { Problem } from '@/shared/api/problem'
import { useWriting } from '@/shared/api/writing'

describe('one write at a time', () => {
  it('keeps the key of one intention until it is done, and makes another for another', async () => {
    const keys: string[] = []
    const writing = useWriting()
    const write = (fails: boolean) => (key: string) => {
      keys.push(key)
      return fails ? Promise.reject(new Problem(503, null)) : Promise.resolve('done')
    }
    expect(await writing.run({ a: 1 }, write(true))).toBeNull()
    expect(writing.problem.value?.status).toBe(503)
    expect(await writing.run({ a: 1 }, write(false))).toBe('done')
    expect(writing.problem.value).toBeNull()
    await writing.run({ a: 1 }, write(false))
    await writing.run({ a: 2 }, write(false))
    expect(keys[1]).toBe(keys[0])
    expect(new Set(keys).size).toBe(3)
  })
  it('is not done twice while it is under way', async () => {
    const writing = useWriting()
    let finish: (answer: string) => void = () => undefined
    const first = writing.run(1, () => new Promise<string>((done) => (finish = done)))
    expect(await writing.run(1, () => Promise.resolve('second'))).toBeNull()
    finish('first')
    expect(await first).toBe('first')
  })
})
