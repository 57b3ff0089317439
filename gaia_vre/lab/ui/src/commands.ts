import { JupyterFrontEnd } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { gaiaIcon } from './icon';
import type { Gaia } from './parts/context';
import type { Panel } from './panel';
import { START_CODE } from './sections/dask';

const CATEGORY = 'GAIA';

/** Add what can be done from the palette, the launcher and by other extensions. */
export function addCommands(
  app: JupyterFrontEnd,
  gaia: Gaia,
  panel: Panel,
  palette: ICommandPalette | null,
  launcher: ILauncher | null
): void {
  const { words } = gaia;
  const show = (section: string) => () => {
    app.shell.activateById(panel.id);
    return panel.goTo(section);
  };
  const visit = (page: string) => () => void window.open(gaia.page(page), '_blank', 'noopener');
  const commands: [string, string, () => unknown, boolean][] = [
    ['gaia:search', words.t('Search the catalog'), show('catalog'), true],
    ['gaia:usage', words.t('What I hold and what is left'), show('usage'), true],
    ['gaia:clusters', words.t('My Dask clusters'), show('dask'), true],
    ['gaia:sandboxes', words.t('My sandboxes'), show('sandboxes'), true],
    ['gaia:start-cluster', words.t('Insert a cell that starts a Dask cluster'), () => gaia.bench.insert(START_CODE), false],
    ['gaia:home', words.t('Home page'), visit(''), true],
    ['gaia:ask-for-more', words.t('Ask for more'), visit('usage'), false]
  ];
  commands.forEach(([command, label, execute, tile], rank) => {
    app.commands.addCommand(command, { label, caption: label, icon: gaiaIcon, execute });
    palette?.addItem({ command, category: CATEGORY, rank });
    if (tile) {
      launcher?.add({ command, category: CATEGORY, rank });
    }
  });
}
