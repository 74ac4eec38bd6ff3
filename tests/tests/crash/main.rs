//! PatRotate killed, cancelled, answered wrongly and met by another run at every request it sends: the real program,
//! against the simulated company, whose books say what stands.
//!
//! | room | what happens at each request |
//! |---|---|
//! | `kills` | the process is killed |
//! | `cancels` | the agent cancels the step |
//! | `faults` | one thing goes wrong with the answer |
//! | `time_outs` | no answer comes |
//! | `rivals` | another run is there first |
//! | `company` | what all of them begin with, and what must hold after each |
//! | `chain` | the requests of a clean run |
//! | `table` | what came of it all, for whoever runs the tests |

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken premise should end the test where it is found"
)]

mod cancels;
mod chain;
mod company;
mod faults;
mod kills;
mod rivals;
mod table;
mod time_outs;
