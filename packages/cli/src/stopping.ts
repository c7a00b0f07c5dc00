/** What the first Ctrl-C or SIGTERM does instead of ending the process: a service ends what is under way first. */
export const stopping: { run?: () => void } = {};
