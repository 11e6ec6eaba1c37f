import form from '@/features/casetypes/texts.en.json'
import portal from '@/features/portal/texts.en.json'
import format from '@/shared/i18n/texts.en.json'
import ui from '@/shared/ui/texts.en.json'

export default { ...format, ...ui, ...form, ...portal }
