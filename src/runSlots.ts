/** Keeps the place of every known run and gives new ones the first free place. */
export function assignSlots(known: Readonly<Record<string, number>>, runs: readonly string[]): Record<string, number> {
  const slots: Record<string, number> = {};
  for (const run of runs) if (known[run] !== undefined) slots[run] = known[run];
  const used = new Set(Object.values(slots));
  for (const run of runs) {
    if (slots[run] !== undefined) continue;
    let free = 0;
    while (used.has(free)) free++;
    slots[run] = free;
    used.add(free);
  }
  return slots;
}
