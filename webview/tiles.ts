/** Makes a list of tiles one Tab stop: arrows go from tile to tile, Home and End to the first and the last. */
export function walkTiles(list: HTMLElement): void {
  list.addEventListener('keydown', (event) => {
    const tiles = [...list.querySelectorAll<HTMLElement>('.tile')];
    const at = tiles.indexOf(event.target as HTMLElement);
    if (at < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const across = Math.max(1, tiles.filter((tile) => tile.offsetTop === tiles[0]!.offsetTop).length);
    const to = ({ ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - across, ArrowDown: at + across, Home: 0, End: tiles.length - 1 } as const)[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tiles[Math.min(tiles.length - 1, Math.max(0, to))];
    for (const tile of tiles) tile.tabIndex = tile === next ? 0 : -1;
    next?.focus();
  });
}
