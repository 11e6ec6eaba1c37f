import { t } from '@/shared/i18n'

const CODE = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/

/** What is wrong with a robot as it is typed, by the member it is sent as. Of one that is there, the address may be left out. */
export function wrongsOfRobot(
  code: string,
  url: string,
  isNew: boolean,
): { pointer: string; detail: string }[] {
  if (!isNew) return []
  const needed = t('filling.needed')
  return [
    ...(code === ''
      ? [{ pointer: '/code', detail: needed }]
      : CODE.test(code)
        ? []
        : [{ pointer: '/code', detail: t('notices.robot_code_help') }]),
    ...(url === '' ? [{ pointer: '/url', detail: needed }] : []),
  ]
}
