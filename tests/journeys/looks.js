// What is wrong with how a page looks. Runs in the page; gives lines of "what: where — text".
// wanted: {language: 'zh' | 'en', pseudo: boolean, data: string[], tap: number}
;(wanted) => {
  const found = []
  const KEY = /^[a-z][A-Za-z_]*(\.[A-Za-z_0-9]+)+$/
  const HAN = /\p{Script=Han}/u
  const ENGLISH = /(?:\b[A-Za-z][a-z]+\b[ ,]+){3,}[a-z]+/
  // The languages' own names are said in their own language everywhere.
  const data = [...wanted.data, '中文', '简体中文', 'English'].filter(Boolean).sort((a, b) => b.length - a.length)

  const where = (element) => {
    const path = []
    for (let one = element; one && one !== document.body && path.length < 4; one = one.parentElement) {
      const name = one.id ? `#${one.id}` : [...one.classList].slice(0, 2).map((c) => `.${c}`).join('')
      path.unshift(one.localName + name)
    }
    return path.join(' > ')
  }
  const tell = (what, element, text) =>
    found.push(`${what}: ${where(element)} — ${String(text).replace(/\s+/g, ' ').trim().slice(0, 80)}`)

  const shown = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true })
  // What is kept for screen readers alone: a box of a pixel, or cut away.
  const isUnseen = (element) => {
    for (let one = element; one && one !== document.documentElement; one = one.parentElement) {
      const box = one.getBoundingClientRect()
      const style = getComputedStyle(one)
      const cut = style.clipPath !== 'none' || (style.clip && style.clip !== 'auto')
      if ((cut || style.overflow !== 'visible') && (box.width <= 1.5 || box.height <= 1.5)) return true
      if (cut && style.position === 'absolute' && (style.clipPath === 'inset(50%)' || style.clipPath === 'inset(100%)'))
        return true
    }
    return false
  }
  const said = (text) => data.reduce((left, one) => left.split(one).join(' '), text)

  const texts = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement
    if (!node.data.trim() || !element || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(element.tagName)) continue
    if (shown(element)) texts.push({ node, element, text: node.data })
  }

  // Words: what a person reads or hears.
  const heard = [{ element: document.body, text: document.title }, ...texts]
  for (const element of document.querySelectorAll('[aria-label],[title],[placeholder],[alt],[aria-description]'))
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description'])
      if (element.getAttribute(name) && shown(element)) heard.push({ element, text: element.getAttribute(name) })
  for (const { element, text } of heard) {
    if (element.closest?.('[translate=no]')) continue
    const left = said(text).trim()
    if (KEY.test(left)) tell('key without a text', element, text)
    if (wanted.language === 'en' && HAN.test(left)) tell('Chinese on an English page', element, text)
    if (wanted.language === 'zh' && !wanted.pseudo && ENGLISH.test(left)) tell('English on a Chinese page', element, text)
    if (/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-/.test(left)) tell('an id for machines', element, text)
    if (/\b(undefined|null|NaN|\[object Object\])\b|\{\w+\}/.test(left)) tell('a hole in a text', element, text)
  }
  // A pseudo text stands in brackets and is accented: plain letters went past the texts.
  if (wanted.pseudo)
    for (const { element, text } of heard) {
      const left = said(text).replace(/\[[^\]]*·\]/g, ' ')
      if (/[A-Za-z]{3,}|\p{Script=Han}/u.test(left) && !element.closest?.('[translate=no], time, kbd'))
        tell('a text of its own', element, text)
    }

  // Geometry: nothing cut off, nothing over its box's edge.
  const cuts = (style, axis) => ['hidden', 'clip'].includes(axis === 'x' ? style.overflowX : style.overflowY)
  const seen = new Set()
  for (const { node, element, text } of texts) {
    if (isUnseen(element)) continue
    const style = getComputedStyle(element)
    if (!seen.has(element) && style.display !== 'inline' && element.clientWidth > 0 && !['auto', 'scroll'].includes(style.overflowX)) {
      seen.add(element)
      if (element.scrollWidth > element.clientWidth + 1) tell('text wider than its box', element, text)
      if (cuts(style, 'y') && element.scrollHeight > element.clientHeight + 1) tell('text higher than its box', element, text)
    }
    const range = document.createRange()
    range.selectNodeContents(node)
    const boxes = [...range.getClientRects()].filter((box) => box.width > 0.5 && box.height > 0.5)
    for (let one = element; one && one !== document.documentElement; one = one.parentElement) {
      const around = getComputedStyle(one)
      if (around.position === 'fixed') break
      const x = cuts(around, 'x')
      const y = cuts(around, 'y')
      if ((!x && !y) || around.display === 'inline') continue
      const box = one.getBoundingClientRect()
      // A line's box is higher than its letters: only what loses a fifth of it counts.
      const lost = boxes.some((b) => (x && (b.right > box.right + 1.5 || b.left < box.left - 1.5)) ||
        (y && (b.bottom > box.bottom + b.height / 5 || b.top < box.top - b.height / 5)))
      if (lost && one !== document.body) {
        tell('text cut off', element, text)
        break
      }
    }
  }
  for (const field of document.querySelectorAll('input[placeholder]'))
    if (shown(field) && !field.value && field.clientWidth > 0) {
      const style = getComputedStyle(field)
      const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
      const pen = document.createElement('canvas').getContext('2d')
      // `style.font` is empty where it cannot say all of it.
      pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`
      const needs = pen.measureText(field.placeholder).width
      if (needs > room + 1) tell('a placeholder is cut off', field, `${Math.round(needs)} > ${Math.round(room)} px ${field.placeholder}`)
    }
  const root = document.documentElement
  if (root.scrollWidth > root.clientWidth + 1) {
    tell('the page scrolls sideways', root, `${root.scrollWidth} > ${root.clientWidth}`)
    const wide = [...document.body.querySelectorAll('*')].filter((e) => shown(e) && e.getBoundingClientRect().right > root.clientWidth + 1)
    for (const element of wide.slice(0, 3)) tell('  sticks out', element, element.textContent)
  }

  // Glyphs: a letter that no font has is drawn as the same box as a code point that cannot exist.
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 24
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  const draw = (font, letter) => {
    pen.clearRect(0, 0, 24, 24)
    pen.font = font
    pen.fillText(letter, 2, 18)
    return pen.getImageData(0, 0, 24, 24).data.join()
  }
  const judged = new Map()
  for (const { element, text } of texts) {
    const family = getComputedStyle(element).fontFamily
    const known = judged.get(family) ?? judged.set(family, { nothing: draw(`16px ${family}`, '\u{10FFFD}'), letters: new Set() }).get(family)
    for (const letter of text)
      if (letter.codePointAt(0) > 0x7e && /[^\p{C}\p{Z}\p{M}]/u.test(letter) && !known.letters.has(letter)) {
        known.letters.add(letter)
        if (draw(`16px ${family}`, letter) === known.nothing) tell('no glyph', element, `${letter} in ${text}`)
      }
    if (/[\u{FFFD}\p{Co}]/u.test(text)) tell('no glyph', element, text)
  }

  // Targets: as large as a thumb needs, where thumbs are what it is used with.
  if (wanted.tap)
    for (const element of document.querySelectorAll('button, select, textarea, input, summary, [role=button], [role=tab], nav a')) {
      if (!shown(element) || isUnseen(element) || element.type === 'hidden') continue
      const inText = getComputedStyle(element).display === 'inline'
      const target = ['checkbox', 'radio', 'file'].includes(element.type) ? (element.closest('label') ?? element) : element
      const box = target.getBoundingClientRect()
      if (!inText && (box.height < wanted.tap - 0.5 || box.width < 23.5))
        tell(`smaller than ${wanted.tap} px`, element, `${Math.round(box.width)}×${Math.round(box.height)} ${element.textContent || element.name || element.type}`)
    }
  return [...new Set(found)]
}
