import { LabIcon } from '@jupyterlab/ui-components';

const BARS = [
  ['formaterre', 9],
  ['theia', 5],
  ['aeris', 0],
  ['odatis', 3],
  ['dinamis', 7],
  ['climeri', 4],
  ['pndb', 11]
] as const;

/** The seven poles, a bar each. */
const bars = BARS.map(
  ([pole, top], index) => `<rect class="gaia-${pole}" x="${index * 4}" y="${top}" width="3" height="${22 - top}"/>`
).join('');

export const gaiaIcon = new LabIcon({
  name: 'gaia-vre:gaia',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 0 29 22" class="gaia-icon">${bars}</svg>`
});
