/** The rooms of what protects people, and what one needs to enter each. */
export const ROOMS = [
  { name: 'erasures', needs: 'person.erase', text: 'privacy.erasures' },
  { name: 'access', needs: 'person.access', text: 'customers.access' },
  { name: 'hits', needs: 'hit.release', text: 'privacy.hits' },
  { name: 'looks', needs: 'look.read', text: 'privacy.looks' },
  { name: 'retention', needs: 'retention.manage', text: 'retention.title' },
  { name: 'holds', needs: 'person.hold', text: 'retention.holds' },
] as const
