import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator } from '@jupyterlab/translation';
import { addCommands } from './commands';
import { gaiaIcon } from './icon';
import { makeGaia, watch } from './live';
import { Panel } from './panel';
import { saveBeforeStop } from './saving';
import { addStatus } from './status';
import { Words } from './words';

const LANGUAGE_SETTINGS = '@jupyterlab/translation-extension:plugin';

/** Say whether somebody has chosen JupyterLab's language; the default is nobody's choice. */
async function isChosen(settings: ISettingRegistry | null): Promise<boolean> {
  try {
    const found = await settings?.get(LANGUAGE_SETTINGS, 'locale');
    return typeof found?.user === 'string' && found.user !== 'default';
  } catch {
    return false;
  }
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'gaia-vre:panel',
  description: 'The GAIA panel: catalog, projects, usage, Dask clusters.',
  autoStart: true,
  requires: [ITranslator],
  optional: [INotebookTracker, ICommandPalette, ILauncher, IStatusBar, ISettingRegistry, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator,
    notebooks: INotebookTracker | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    status: IStatusBar | null,
    settings: ISettingRegistry | null,
    restorer: ILayoutRestorer | null
  ) => {
    const panel = new Panel();
    panel.title.icon = gaiaIcon;
    panel.title.caption = 'GAIA';
    app.shell.add(panel, 'left', { rank: 150, type: 'GAIA' });
    restorer?.add(panel, panel.id);
    // JupyterLab is there first; the panel is filled right after.
    void app.restored
      .then(() => isChosen(settings))
      .then(chosen => {
        const gaia = makeGaia(app, notebooks, Words.of(translator, chosen));
        panel.fill(gaia);
        addCommands(app, gaia, panel, palette, launcher);
        addStatus(app, gaia, status);
        watch(gaia, panel);
        saveBeforeStop(app, gaia.events, gaia.words);
      });
  }
};

export default plugin;
