const CARD = /(?:\d[ -]?){13,19}/g
const ID_NUMBER = /(?<!\d)\d{17}[\dXx](?!\d)/g
const MOBILE = /(?<!\d)1[3-9]\d{9}(?!\d)/g
const HIDDEN = '••••'

/** Words without numbers that a device should not remember. */
export function hidden(text: string): string {
  return text.replace(ID_NUMBER, HIDDEN).replace(CARD, HIDDEN).replace(MOBILE, HIDDEN)
}
