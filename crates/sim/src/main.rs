//! `patkeeper-sim`: the simulator for use by hand.

use std::io::{self, Write};

use patkeeper_sim::{Sim, SimConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sim = Sim::start(SimConfig::default())?;
    writeln!(io::stdout(), "{}", sim.proxy_url())?;
    Ok(())
}
