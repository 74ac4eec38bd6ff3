//! A request that is never answered: the parts of the program in this process, over real connections, with a clock
//! that stands still while a request is answered and jumps while nothing comes.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::Utc;
use patkeeper_agent::context::AgentContext;
use patkeeper_core::cloud::Cloud;
use patkeeper_core::failure::Failure;
use patkeeper_core::organization::Organization;
use patkeeper_core::rotation::{Asked, Mode, Observed, Outcome, RotationId, RotationReport, Settings, Step};
use patkeeper_core::vault::{SecretName, VaultName};
use patkeeper_devops::AzureDevOps;
use patkeeper_http::{BoxFuture, Client, TokenSource};
use patkeeper_lifecycle::rotate::{Narrator, Rotation};
use patkeeper_sim::{Action, Fault, Passage};
use patkeeper_stores::KeyVault;
use patkeeper_tests::office::VAULT;
use patkeeper_tests::world::{ACME, at_once};
use secrecy::SecretString;

use crate::chain::{Finder, Link, chain};
use crate::company::{Again, Company, NAME, SCOPES, SECRET, Stage};
use crate::table;

/// A client gives a request this long, and a little more.
const LONGER_THAN_A_REQUEST: Duration = Duration::from_secs(46);
/// Between two looks at whether anything has happened, in real time.
const LOOK: Duration = Duration::from_millis(5);
/// Looks in a row at which nothing has: then the program waits for the clock.
const STILL: u32 = 6;

struct Token(SecretString);

impl TokenSource for Token {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Failure>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn how(&self) -> &'static str {
        "access token"
    }
}

fn token(text: String) -> Arc<dyn TokenSource> {
    Arc::new(Token(SecretString::from(text)))
}

#[derive(Default)]
struct Silent;

impl Narrator for Silent {
    fn mask(&self, _: &str, _: &SecretString) {}
    fn opening(&self, _: &Observed) {}
    fn step(&self, _: &Step, _: &Outcome, _: Duration, _: Option<&str>) {}
}

/// What the requests are doing.
#[derive(Default)]
struct Traffic {
    /// Boundaries passed.
    events: AtomicUsize,
    /// A request hangs, and its client has not given it up yet.
    hangs: AtomicBool,
}

/// Moves the clock whenever nothing happens any more but waiting.
async fn drive(traffic: Arc<Traffic>) {
    loop {
        let watched = Arc::clone(&traffic);
        // The clock stands still as long as this runs.
        let looking = tokio::task::spawn_blocking(move || {
            let (mut before, mut still) = (watched.events.load(Ordering::SeqCst), 0);
            while still < STILL {
                std::thread::park_timeout(LOOK);
                let now = watched.events.load(Ordering::SeqCst);
                still = if now == before { still + 1 } else { 0 };
                before = now;
            }
        });
        looking.await.unwrap();
        let jump = if traffic.hangs.swap(false, Ordering::SeqCst) {
            LONGER_THAN_A_REQUEST
        } else {
            Duration::from_millis(500)
        };
        tokio::time::advance(jump).await;
    }
}

fn settings() -> Settings {
    let asked = Asked {
        organization: Organization::parse(ACME).unwrap(),
        store: VAULT,
        secret: SECRET,
        name: NAME,
        scopes: SCOPES,
        mode: Mode::Replace,
        valid_days: 90,
        renew_before_days: None,
        overlap_hours: 0,
        force: false,
        allow_full_access: false,
        adopt: None,
        dry_run: false,
    };
    Settings::check(&asked).unwrap().0
}

async fn rotate(company: &Company) -> RotationReport {
    let variable = |name: &str| company.environment.get(name).cloned();
    let network = patkeeper_http::Settings::from_agent(variable).unwrap();
    let client = Client::new(&network).unwrap();
    let (user, app) = company.sim().cloud(|cloud| {
        let app = cloud.token_of_app(&company.office.app, "https://vault.azure.net");
        (company.office.world.token.clone(), app)
    });
    let settings = settings();
    let service = AzureDevOps::new(client.clone(), settings.organization.clone(), token(user));
    let vault = VaultName::parse(VAULT).unwrap();
    let vault = KeyVault::new(&client, &vault, Cloud::Public, token(app)).unwrap();
    let secret = SecretName::parse(SECRET).unwrap();
    static DRAWN: Mutex<u128> = Mutex::new(1);
    let draw = || {
        let mut drawn = DRAWN.lock().unwrap();
        *drawn += 1;
        RotationId::new(*drawn << 96)
    };
    let rotation = Rotation {
        settings: &settings,
        pats: &patkeeper_devops::Rotated::new(service, None),
        secret: &patkeeper_stores::Rotated::new(vault, secret, Utc::now),
        run: AgentContext::read(variable).run_id().unwrap(),
        rotations: [draw(), draw()],
        known_account_id: None,
        now: Utc::now,
    };
    rotation.run(&Silent, pending()).await.report
}

fn unanswered(stage: Stage, link: &Link, action: &Action) -> String {
    let company = Arc::new(Company::new(stage));
    company.sim().fault(Fault::once(link.matching(), action.clone()));
    let traffic = Arc::new(Traffic::default());
    let (told, mut finder) = (Arc::clone(&traffic), Finder::new(link));
    let violations = company.watch(move |at| {
        told.events.fetch_add(1, Ordering::SeqCst);
        if finder.is_at(at) {
            told.hangs.store(true, Ordering::SeqCst);
        }
        Passage::Go
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let report = runtime.block_on(async {
        tokio::select! {
            report = rotate(&company) => report,
            () = drive(traffic) => unreachable!(),
        }
    });
    runtime.shutdown_background();
    violations.assert_none();
    let met = company.sim().log().iter().any(|request| request.fault.is_some());
    assert!(met, "the fault was never met: {report:#?}");
    company.assert_safe();
    let code = report
        .failure
        .as_ref()
        .map_or(0, |failure| failure.kind.exit_code());
    assert!([0, 4].contains(&code), "{report:#?}");
    if code == 0 {
        company.assert_settled();
    }
    company.settle(Again::NextAttempt);
    code.to_string()
}

#[test]
fn a_request_that_is_never_answered_is_given_up_and_the_next_run_settles_it() {
    let actions = [
        ("no answer", Action::Hang),
        ("no answer after", Action::HangAfter),
    ];
    let mut cases = Vec::new();
    for stage in Stage::ROTATIONS {
        // The sign-in has its own tests of time-outs.
        for link in chain(stage).iter().filter(|link| !link.is_a_sign_in()) {
            cases.extend(
                actions
                    .iter()
                    .map(|(column, action)| (stage, link, *column, action)),
            );
        }
    }
    at_once(&cases, 12, |(stage, link, column, action)| {
        table::case(*stage, link, (column, 0), || unanswered(*stage, link, action));
    });
    table::assert_no_failure(", no answer");
}
