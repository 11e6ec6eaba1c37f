import form from '@/features/casetypes/texts.zh.json'
import portal from '@/features/portal/texts.zh.json'
import format from '@/shared/i18n/texts.zh.json'
import ui from '@/shared/ui/texts.zh.json'

export default { ...format, ...ui, ...form, ...portal }
