//! The simulator, asked through its proxy by a real client.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod boundaries;
#[cfg(test)]
mod callers;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod crowds;
#[cfg(test)]
mod entra;
#[cfg(test)]
mod entra_user;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod known;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod listing;
#[cfg(test)]
mod managed;
#[cfg(test)]
mod oidc;
#[cfg(test)]
mod profiles;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod published;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod support;
#[cfg(test)]
mod vault;
#[cfg(test)]
mod vault_secrets;
#[cfg(test)]
mod webhooks;
