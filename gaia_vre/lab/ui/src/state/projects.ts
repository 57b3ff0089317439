import { list, fields, text } from './reading';

/** A project that I am in. */
export interface Project {
  slug: string;
  title: string;
  account: string;
  role: string;
  state: string;
  /** Null where it is not a time. */
  ends: Date | null;
}

/** Somebody in a project. */
export interface Member {
  username: string;
  role: string;
}

export function readProjects(answer: unknown): Project[] {
  return list(answer, 'projects', value => {
    const one = fields(value, 'project');
    const slug = text(one.slug, 'slug');
    const ends = new Date(text(one.ends, 'ends'));
    return {
      slug,
      title: text(one.title, 'title') || slug,
      account: text(one.account, 'account'),
      role: typeof one.role === 'string' ? one.role : '',
      state: text(one.state, 'state'),
      ends: Number.isNaN(ends.getTime()) ? null : ends
    };
  });
}

export function readMembers(answer: unknown): Member[] {
  return list(answer, 'members', value => {
    const one = fields(value, 'member');
    return { username: text(one.username, 'username'), role: text(one.role, 'role') };
  });
}

/** Where a lab finds a project's files, below its own folder. */
export function folderOf(project: Project): string {
  return `projects/${project.slug}`;
}
