import { language, t } from './index'

/** Where the desk's people and customers are: one zone, so that a ticket's times read alike for both. */
const ZONE = 'Asia/Shanghai'
const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

function locale(): string {
  return language.value === 'zh' ? 'zh-CN' : 'en-GB'
}

/** Day and minute: 2026-11-22 09:05. */
export function dateTime(iso: string): string {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat('en-CA', {
      timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
    }) // prettier-ignore
      .formatToParts(new Date(iso))
      .map((part) => [part.type, part.value]),
  )
  return `${parts['year']}-${parts['month']}-${parts['day']} ${parts['hour']}:${parts['minute']}`
}

/** As a person says it: 今天 09:05, 昨天 18:20, 11月20日 10:00. */
export function spokenTime(iso: string, now = new Date()): string {
  const day = (date: Date): string => new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(date)
  const at = new Date(iso)
  const clock = dateTime(iso).slice(11)
  const days = Math.round((Date.parse(day(now)) - Date.parse(day(at))) / (DAY * 1000))
  if (days === 0) return t('format.today', { clock })
  if (days === 1) return t('format.yesterday', { clock })
  if (days === -1) return t('format.tomorrow', { clock })
  const withYear = day(now).slice(0, 4) !== day(at).slice(0, 4)
  const date = new Intl.DateTimeFormat(locale(), {
    timeZone: ZONE, month: language.value === 'zh' ? 'long' : 'short', day: 'numeric', ...(withYear ? { year: 'numeric' } : {}),
  }).format(at) // prettier-ignore
  return `${date} ${clock}`
}

/** A length of time in its two largest units: 3 天 4 小时, 12 分, 40 秒. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(Math.abs(seconds)))
  if (whole < MINUTE) return t('format.seconds', { n: whole })
  if (whole < HOUR) return t('format.minutes', { n: Math.floor(whole / MINUTE) })
  const units: [number, string][] = whole < DAY ? [[HOUR, 'hours'], [MINUTE, 'minutes']] : [[DAY, 'days'], [HOUR, 'hours']] // prettier-ignore
  const said: string[] = []
  let left = whole
  for (const [size, unit] of units) {
    const n = Math.floor(left / size)
    left -= n * size
    if (n > 0) said.push(t(`format.${unit}`, { n }))
  }
  return said.join(' ')
}

/** 1,234.56 with its currency. */
export function money(amount: string, currency: string): string {
  return new Intl.NumberFormat(locale(), { style: 'currency', currency, currencyDisplay: 'code' }).format(
    Number(amount),
  )
}

/** 340 KB, 2.1 MB; by 1,024, as devices count and as the desk's refusals say. */
export function size(bytes: number): string {
  const units: [number, string][] = [[1 << 30, 'GB'], [1 << 20, 'MB'], [1 << 10, 'KB']] // prettier-ignore
  const fit = units.find(([unit]) => bytes >= unit)
  return fit ? `${(bytes / fit[0]).toFixed(1).replace('.0', '')} ${fit[1]}` : `${bytes} B`
}

/** A count with its thousands: 12,345. */
export function count(n: number): string {
  return new Intl.NumberFormat(locale()).format(n)
}

/** A moment by which something is due: midnight is the end of the day before, 12月7日 24:00, so that no day is gained. */
export function spokenDue(iso: string, now = new Date()): string {
  return ofDayBefore(iso, (at) => spokenTime(at, now))
}

/** The same to the minute: 2026-12-07 24:00. */
export function dueTime(iso: string): string {
  return ofDayBefore(iso, dateTime)
}

function ofDayBefore(iso: string, said: (iso: string) => string): string {
  if (!dateTime(iso).endsWith(' 00:00')) return said(iso)
  const minuteBefore = new Date(Date.parse(iso) - MINUTE * 1000).toISOString()
  return said(minuteBefore).replace('23:59', '24:00')
}
