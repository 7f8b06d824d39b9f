/** What the names of several runs of one recipe have in common, whichever of them is first: `deep` of `deep s1` and `deep s2`. */
export function sharedName(names: readonly string[]): string {
  const [first = '', ...others] = names;
  let length = first.length;
  for (const name of others) while (!name.startsWith(first.slice(0, length))) length--;
  // Half a word is none; what stands before the number that differs says no more without it.
  const ends = [first, ...others].every((name) => !/^[^\s,;_·()[\]-]/.test(name.slice(length)));
  const kept = ends ? first.slice(0, length) : first.slice(0, length).replace(/[^\s,;_·()[\]-]*$/, '');
  const bare = kept.replace(/[\s,;_·([-]+$/, '').replace(/[\s,;_·([-]+seed$/, '');
  const whole = bare.includes('[') && !bare.includes(']') ? `${bare}]` : bare;
  return whole === '' ? first : whole;
}
