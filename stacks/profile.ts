/** What differs between a developer's stage, a shared one and production. */
export interface Profile {
  kind: "personal" | "shared" | "production";
  removal: "remove" | "retain";
  protect: boolean;
  /** Days the archive keeps events for replay. */
  archiveDays: number;
  logRetention: "1 week" | "1 month" | "6 months";
  /** Dashboard and alarms: about 6 USD a month, which a developer's stage need not cost. */
  watched: boolean;
}

const profiles = {
  personal: {
    kind: "personal",
    removal: "remove",
    protect: false,
    archiveDays: 3,
    logRetention: "1 week",
    watched: false,
  },
  shared: {
    kind: "shared",
    removal: "retain",
    protect: false,
    archiveDays: 14,
    logRetention: "1 month",
    watched: true,
  },
  production: {
    kind: "production",
    removal: "retain",
    protect: true,
    archiveDays: 90,
    logRetention: "6 months",
    watched: true,
  },
} satisfies Record<string, Profile>;

const shared = ["staging", "sandbox"];
const production = ["production", "prod"];

/** Every stage that is neither shared nor production belongs to one person (or one pull request). */
export function profileOf(stage: string): Profile {
  if (production.includes(stage)) return profiles.production;
  return shared.includes(stage) ? profiles.shared : profiles.personal;
}
