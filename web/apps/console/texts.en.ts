import audit from '@/features/audit/texts.en.json'
import casetypes from '@/features/casetypes/texts.en.json'
import customers from '@/features/customers/texts.en.json'
import identity from '@/features/identity/texts.en.json'
import signInAdmin from '@/features/identity/admin/texts.en.json'
import notices from '@/features/notices/texts.en.json'
import people from '@/features/people/texts.en.json'
import privacy from '@/features/privacy/texts.en.json'
import retention from '@/features/retention/texts.en.json'
import sla from '@/features/sla/texts.en.json'
import board from '@/features/tickets/board/texts.en.json'
import newTicket from '@/features/tickets/new/texts.en.json'
import queue from '@/features/tickets/queue/texts.en.json'
import ticket from '@/features/tickets/ticket/texts.en.json'
import tickets from '@/features/tickets/texts.en.json'
import format from '@/shared/i18n/texts.en.json'
import form from '@/shared/ui/form/texts.en.json'
import ui from '@/shared/ui/texts.en.json'
import shell from './shell/texts.en.json'

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
