import { parseForm, type CaseForm, type Step } from '@/features/casetypes/form'
import disputed from './fixtures/disputed_bill.json'
import general from './fixtures/general.json'
import lost from './fixtures/lost_card.json'
import settlement from './fixtures/settlement_delay.json'

interface Sample {
  values: Record<string, unknown>
  elements: Record<string, string>
  evidence: string[]
  asked: string[]
  missing: Record<Step, string[]>
}
export interface Pack {
  code: string
  customer: CaseForm
  staff: CaseForm
  samples: Sample[]
}

/** The shipped packs' forms, and what the desk said of sample answers (scripts/casetype_fixtures.py). */
export const PACKS: Pack[] = [disputed, general, lost, settlement].map((one) => ({
  code: one.staff.case_type,
  customer: parseForm(one.customer),
  staff: parseForm(one.staff),
  // The fixtures are made by our own script; their union type has every pack's own members.
  samples: one.samples as unknown as Sample[],
}))

export function pack(code: string): Pack {
  const found = PACKS.find((one) => one.code === code)
  if (!found) throw new Error(`no pack ${code}`)
  return found
}
