//! No secret of the job in anything that is written, however the step goes.

use patkeeper_sim::{Action, Certificate, Fault, Match, Refusal, SimConfig};
use patkeeper_tests::leak::Searched;

use patkeeper_tests::world::{PATS, WEBHOOK_SECRETS, WEBHOOKS, World};

const PROXY_PASSWORD: &str = "p@ss:w%rd/made up";
const OTHER: &str = "another secret of the job, made up";

/// A job with every kind of secret, in which something goes wrong, or nothing.
fn searched(go_wrong: impl FnOnce(&World)) -> Searched {
    let auth = Some(("svc-proxy".to_owned(), PROXY_PASSWORD.to_owned()));
    let mut world = World::with(SimConfig {
        proxy_auth: auth,
        ..SimConfig::default()
    });
    for (name, days) in [("healthy", 60), ("critical", 3), ("gone", -3)] {
        world.special(name, days, |seed| seed.usable());
    }
    world.job.add_secret("Deploy.Key", OTHER);
    go_wrong(&world);
    let step = world
        .telling_all(World::step())
        .input("reportFormats", "json markdown junit csv html sarif");
    let run = world.run(&step);
    run.assert_well_behaved();
    let mut secrets: Vec<String> = WEBHOOK_SECRETS.map(str::to_owned).into();
    secrets.extend([PROXY_PASSWORD.to_owned(), OTHER.to_owned()]);
    secrets.extend(world.sim.cloud(|cloud| {
        cloud
            .pats
            .iter()
            .filter_map(|pat| pat.secret.clone())
            .collect::<Vec<_>>()
    }));
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    world.assert_no_secret(&run, &secrets)
}

#[test]
fn no_secret_is_written_however_the_step_goes() {
    // A service that says in its error what it was sent.
    let says = |status, message: &str| Action::Replace {
        status,
        content_type: "application/json".to_owned(),
        body: format!(r#"{{"message":"no such thing as {message}","typeKey":"X","errorCode":0}}"#),
    };
    let echo = |world: &World, status| says(status, &format!("Bearer {}", world.token));
    let channel = says(400, WEBHOOKS[1].1);
    let always = |world: &World, action| world.sim.fault(Fault::always(Match::any().path(PATS), action));
    let searches = [
        searched(|_| {}),
        searched(|world| always(world, Action::Refuse(Refusal::BearerRefused))),
        searched(|world| always(world, Action::Refuse(Refusal::SignInPage))),
        searched(|world| always(world, Action::GarbageJson)),
        searched(|world| always(world, echo(world, 403))),
        searched(|world| always(world, echo(world, 400))),
        searched(|world| {
            world
                .sim
                .fault(Fault::always(Match::any().method("POST"), channel))
        }),
        searched(|world| {
            world
                .sim
                .fault(Fault::always(Match::any().method("POST"), Action::status(404)))
        }),
        searched(|world| world.sim.certificate("hooks.slack.com", Certificate::UntrustedCa)),
        searched(|world| world.sim.certificate("vssps.dev.azure.com", Certificate::Expired)),
        searched(|world| {
            world
                .sim
                .fault(Fault::always(Match::any().method("CONNECT"), Action::status(407)))
        }),
    ];
    for searched in searches {
        println!("{searched}");
    }
}
