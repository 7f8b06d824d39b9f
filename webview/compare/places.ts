/** Places on a disk without the folders that all of them have in common, whose names would push out what tells them apart. Other values as they are. */
export function placesApart(values: readonly string[]): readonly string[] {
  const given = values.filter((value) => value !== '');
  if (given.length < 2 || !given.every((value) => /^([A-Za-z]:)?[\\/]/.test(value))) return values;
  const folders = given.map((value) => value.split(/[\\/]/).slice(0, -1));
  const shared = folders[0]!.findIndex((part, i) => folders.some((own) => own[i] !== part));
  const depth = shared < 0 ? Math.min(...folders.map(({ length }) => length)) : shared;
  return values.map((value) => (value === '' || depth < 2 ? value : `…/${value.split(/[\\/]/).slice(depth).join('/')}`));
}
