import { describe, expect, it } from 'vitest'
import type { CalendarBody } from '@/features/sla/api'
import { weekChanges } from '@/features/sla/calendars/changes'

const DAY = [{ start: 480, end: 1320 }]
const SHORT = [{ start: 480, end: 1200 }]
const body = (saturday: typeof DAY, queues: CalendarBody['queues'] = []): CalendarBody => ({
  code: 'c',
  title: { zh: '', en: '' },
  week: [DAY, DAY, DAY, DAY, DAY, saturday, []],
  queues,
})

describe('what changes in a week', () => {
  it('is each weekday on which another time counts', () => {
    expect(weekChanges(body(DAY), body(SHORT), '、')).toEqual([
      { queue: '', day: 5, before: '08:00–22:00', after: '08:00–20:00' },
    ])
    expect(weekChanges(body(DAY), body([]), '、')[0]?.after).toBe('')
    expect(weekChanges(body(DAY), body(DAY), '、')).toEqual([])
  })
  it('is said of a queue only where the queue differs itself', () => {
    const own = [{ queue: 'CS', week: body(SHORT).week, days: [] }]
    const same = [{ queue: 'CS', week: null, days: [] }]
    expect(weekChanges(body(DAY, same), body(DAY, own), '、').map((one) => one.queue)).toEqual(['CS'])
    expect(weekChanges(body(DAY, same), body(SHORT, same), '、').map((one) => one.queue)).toEqual([''])
  })
})
