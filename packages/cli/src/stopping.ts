/** What Ctrl-C and SIGTERM do instead of ending the process: a service ends what is under way first. */
export const stopping: { run?: () => void } = {};
