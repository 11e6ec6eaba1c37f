import audit from '@/features/audit/texts.zh.json'
import casetypes from '@/features/casetypes/texts.zh.json'
import customers from '@/features/customers/texts.zh.json'
import identity from '@/features/identity/texts.zh.json'
import signInAdmin from '@/features/identity/admin/texts.zh.json'
import notices from '@/features/notices/texts.zh.json'
import people from '@/features/people/texts.zh.json'
import privacy from '@/features/privacy/texts.zh.json'
import retention from '@/features/retention/texts.zh.json'
import sla from '@/features/sla/texts.zh.json'
import board from '@/features/tickets/board/texts.zh.json'
import newTicket from '@/features/tickets/new/texts.zh.json'
import queue from '@/features/tickets/queue/texts.zh.json'
import ticket from '@/features/tickets/ticket/texts.zh.json'
import tickets from '@/features/tickets/texts.zh.json'
import format from '@/shared/i18n/texts.zh.json'
import form from '@/shared/ui/form/texts.zh.json'
import ui from '@/shared/ui/texts.zh.json'
import shell from './shell/texts.zh.json'

export default {
  ...format,
  ...ui,
  ...form,
  ...shell,
  ...identity,
  ...casetypes,
  ...customers,
  ...tickets,
  ...queue,
  ...newTicket,
  ...ticket,
  ...board,
  ...sla,
  ...notices,
  ...audit,
  ...people,
  ...signInAdmin,
  ...privacy,
  ...retention,
}
