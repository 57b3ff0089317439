import React, { useEffect, useState } from 'react';
import { Told } from '../parts/Told';
import { useChanges, useGaia } from '../parts/context';
import type { Section } from '../parts/section';
import { folderOf, Member, Project, readMembers } from '../state/projects';
import { Resource } from '../state/resource';
import { payingAccount } from '../state/usage';
import type { Words } from '../words';

const SHOWN_MEMBERS = 20;

function roleWord(words: Words, role: string): string {
  const known: Record<string, string> = {
    owner: words.t('owner'),
    manager: words.t('manager'),
    editor: words.t('editor'),
    viewer: words.t('viewer')
  };
  return known[role] ?? role;
}

function stateWord(words: Words, state: string): string {
  const known: Record<string, string> = {
    ending: words.t('ends soon'),
    'read-only': words.t('read only'),
    archived: words.t('archived')
  };
  return known[state] ?? '';
}

function Summary(): JSX.Element {
  const { projects } = useGaia();
  useChanges(projects);
  return <>{projects.value?.length || ''}</>;
}

/** Who I work as, and who pays for this server. */
function WorksAs(): JSX.Element | null {
  const { lab, usage, words } = useGaia();
  useChanges(usage);
  useChanges(lab);
  const told = usage.value;
  const paying = told && payingAccount(told, lab.value?.lease ?? null);
  if (!told || !paying) {
    return null;
  }
  return (
    <dl className="gaia-pairs">
      <dt>{words.t('I work as')}</dt>
      <dd dir="auto">{told.username}</dd>
      <dt>{words.t('This server is paid by')}</dt>
      <dd dir="auto">{paying.title}</dd>
    </dl>
  );
}

/** Who is in a project; asked when somebody looks. */
function Members({ project }: { project: Project }): JSX.Element {
  const { ask, words } = useGaia();
  const [members] = useState(
    () => new Resource<Member[]>(() => ask(`service/api/projects/${encodeURIComponent(project.slug)}/members`), readMembers)
  );
  useChanges(members);
  useEffect(() => void members.refresh(), [members]);
  const rest = (members.value?.length ?? 0) - SHOWN_MEMBERS;
  return (
    <>
      <Told of={members} seen={!!members.value} again={() => void members.refresh()} />
      <ul className="gaia-names" aria-label={words.t('Members of %1', project.title)}>
        {members.value?.slice(0, SHOWN_MEMBERS).map(one => (
          <li key={one.username}>
            <bdi>{one.username}</bdi> <span className="gaia-facts">{roleWord(words, one.role)}</span>
          </li>
        ))}
        {rest > 0 && <li className="gaia-facts">{words.n('%1 more', '%1 more', rest)}</li>}
      </ul>
    </>
  );
}

function Row({ project }: { project: Project }): JSX.Element {
  const { bench, lab, page, usage, words } = useGaia();
  useChanges(usage);
  useChanges(lab);
  const [shown, setShown] = useState(false);
  const [said, setSaid] = useState('');
  const paying = usage.value && payingAccount(usage.value, lab.value?.lease ?? null);
  const facts = [roleWord(words, project.role), stateWord(words, project.state)];
  const open = async () => {
    const found = await bench.folder(folderOf(project));
    setSaid(found ? '' : words.t('This server has no folder of it: it comes when the server starts anew.'));
  };
  return (
    <li className="gaia-cluster">
      <div className="gaia-meter-line">
        <b dir="auto">{project.title}</b>
        {paying?.name === project.account && <span className="gaia-tag">{words.t('pays')}</span>}
      </div>
      <p className="gaia-facts">
        {[...facts, project.ends && words.t('until %1', words.day(project.ends))].filter(Boolean).join(' · ')}
      </p>
      <div className="gaia-actions">
        <button className="gaia-button" aria-label={words.t('Open the folder of %1', project.title)} onClick={() => void open()}>
          {words.t('Open folder')}
        </button>
        <button
          className="gaia-link"
          aria-expanded={shown}
          aria-label={words.t('Members of %1', project.title)}
          onClick={() => setShown(!shown)}
        >
          {words.t('Members')}
        </button>
        <a
          className="gaia-link"
          href={page(`projects/${encodeURIComponent(project.slug)}`)}
          aria-label={words.t('Page of %1', project.title)}
          target="_blank"
          rel="noopener"
        >
          {words.t('Page')}
        </a>
      </div>
      {shown && <Members project={project} />}
      <p className="gaia-facts" role="status">
        {said}
      </p>
    </li>
  );
}

function Body(): JSX.Element {
  const { page, projects, words } = useGaia();
  useChanges(projects);
  return (
    <>
      <WorksAs />
      <Told of={projects} seen={!!projects.value} again={() => void projects.refresh()} />
      {projects.value && projects.value.length > 0 && (
        <ul className="gaia-rows" aria-label={words.t('My projects')}>
          {projects.value.map(one => (
            <Row key={one.slug} project={one} />
          ))}
        </ul>
      )}
      {projects.value?.length === 0 && <p className="gaia-facts">{words.t('You are in no project yet.')}</p>}
      <div className="gaia-actions">
        <a className="gaia-link" href={page('projects/new')} target="_blank" rel="noopener">
          {words.t('New project')}
        </a>
      </div>
    </>
  );
}

export const projects: Section = {
  id: 'projects',
  title: ({ words }) => words.t('Projects'),
  Summary,
  Body,
  absent: gaia => gaia.projects.absent,
  watches: gaia => gaia.projects
};
