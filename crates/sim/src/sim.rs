//! Starting, steering and stopping the simulator.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::api;
use crate::boundary::{self, Boundary, Passage, Watch};
use crate::cloud::{Clock, Cloud};
use crate::fault::{Fault, FaultBook};
use crate::hosts::Service;
use crate::local;
use crate::log::LoggedRequest;
use crate::proxy;
use crate::request::Request;
use crate::tls::{Authority, Certificate};

/// How to start.
#[derive(Debug, Clone, Default)]
pub struct SimConfig {
    /// Source of all ids and secrets; the same seed and the same calls give the same ones.
    pub seed: u64,
    /// The proxy's port on 127.0.0.1; 0: any free one.
    pub port: u16,
    /// The cloud's clock.
    pub clock: Clock,
    /// Added before every answer.
    pub latency: Duration,
    /// User and password that the proxy asks for.
    pub proxy_auth: Option<(String, String)>,
    /// Requests that the log holds; the oldest go first. `None`: all of them. 0 also saves the work of writing them.
    pub log_limit: Option<usize>,
    /// Hosts that take any JSON as a webhook, besides `*.example` and `*.example.com`.
    pub webhook_hosts: Vec<String>,
}

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The port could not be had, or the CA's file could not be written.
    #[error("the simulator could not start: {0}")]
    Io(#[from] io::Error),
    /// No certificate could be made.
    #[error("the simulator could not make its certificates: {0}")]
    Certificates(String),
}

/// A running simulator. Dropping it ends every connection.
pub struct Sim {
    shared: Arc<Shared>,
    address: SocketAddr,
    proxy_url: String,
    ca_pem: String,
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// App Service's identity endpoint, as it is told to the programs on the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityEndpoint {
    /// `IDENTITY_ENDPOINT`.
    pub url: String,
    /// `IDENTITY_HEADER`: a secret.
    pub header: String,
}

impl Sim {
    /// Binds the port, makes the CA, and serves from a thread of its own.
    ///
    /// # Errors
    /// The port is taken, or the machine cannot make certificates or threads.
    pub fn start(config: SimConfig) -> Result<Self, StartError> {
        let authority = Authority::new().map_err(|error| StartError::Certificates(error.to_string()))?;
        let ca_pem = authority.pem();
        let folder = tempfile::Builder::new().prefix("patkeeper-sim-").tempdir()?;
        std::fs::write(folder.path().join(CA_FILE), &ca_pem)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            started: Instant::now(),
            arrivals: AtomicU64::new(0),
            cloud: Mutex::new(Cloud::new(config.seed, config.clock)),
            faults: Mutex::default(),
            log: Mutex::default(),
            watch: Mutex::default(),
            held: Mutex::default(),
            tunnels: Mutex::default(),
            latency: Mutex::new(config.latency),
            certificates: Mutex::default(),
            authority,
            config,
        });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("patkeeper-sim".into())
            .spawn(move || {
                runtime.block_on(async move {
                    tokio::select! {
                        () = proxy::listen(listener, served) => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            shared,
            address,
            proxy_url: format!("http://{address}"),
            ca_pem,
            folder,
            runtime: handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// `http://127.0.0.1:<port>`, without user and password.
    pub fn proxy_url(&self) -> &str {
        &self.proxy_url
    }

    /// The proxy's address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate that clients must trust, PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// A file with [`Self::ca_pem`]; it goes away with the simulator.
    pub fn ca_path(&self) -> PathBuf {
        self.folder.path().join(CA_FILE)
    }

    /// Writes [`Self::ca_pem`] into `folder` and returns the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_ca(&self, folder: &Path) -> io::Result<PathBuf> {
        let path = folder.join(CA_FILE);
        std::fs::write(&path, &self.ca_pem)?;
        Ok(path)
    }

    /// Opens the proxy at one more port of 127.0.0.1, so that requests of two programs can be told apart at a boundary
    /// and in the log.
    ///
    /// # Errors
    /// No port can be had.
    pub fn another_proxy_url(&self) -> io::Result<String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        self.runtime
            .spawn(proxy::listen(listener, Arc::clone(&self.shared)));
        Ok(format!("http://{address}"))
    }

    /// What an agent that was configured with this proxy and CA gives its tasks.
    pub fn agent_env(&self) -> Vec<(String, String)> {
        let mut env = vec![
            ("AGENT_PROXYURL".to_owned(), self.proxy_url.clone()),
            ("AGENT_CAINFO".to_owned(), self.ca_path().display().to_string()),
        ];
        if let Some((user, password)) = &self.shared.config.proxy_auth {
            env.push(("AGENT_PROXYUSERNAME".to_owned(), user.clone()));
            env.push(("SECRET_AGENT_PROXYPASSWORD".to_owned(), password.clone()));
        }
        env
    }

    /// What any other program needs: `HTTPS_PROXY` and `SSL_CERT_FILE`.
    pub fn plain_env(&self) -> Vec<(String, String)> {
        let url = match &self.shared.config.proxy_auth {
            Some((user, password)) => {
                let encoded =
                    |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
                format!("http://{}:{}@{}", encoded(user), encoded(password), self.address)
            }
            None => self.proxy_url.clone(),
        };
        vec![
            ("HTTPS_PROXY".to_owned(), url),
            ("SSL_CERT_FILE".to_owned(), self.ca_path().display().to_string()),
        ]
    }

    /// Starts an identity endpoint as App Service has it, on loopback and without TLS. Each call starts another,
    /// with a header of its own; who asks is given the machine's identities.
    ///
    /// # Errors
    /// No port can be had.
    pub fn identity_endpoint(&self) -> io::Result<IdentityEndpoint> {
        let header = self.cloud(|cloud| {
            let header = cloud.guid().replace('-', "").to_uppercase();
            cloud.remember(&header);
            header
        });
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let address = self.serve(loopback, "127.0.0.1", Service::WebApp(header.clone()))?;
        Ok(IdentityEndpoint {
            url: format!("http://{address}/msi/token"),
            header,
        })
    }

    /// Starts the instance metadata service on this address and returns the one bound. The real one is
    /// `169.254.169.254:80`, which belongs to a test only inside a network namespace of its own. In the log and
    /// for faults its host is `169.254.169.254` wherever it is.
    ///
    /// # Errors
    /// The address cannot be had.
    pub fn imds(&self, address: SocketAddr) -> io::Result<SocketAddr> {
        self.serve(address, "169.254.169.254", Service::Imds)
    }

    fn serve(&self, address: SocketAddr, host: &'static str, service: Service) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::clone(&self.shared);
        self.runtime.spawn(local::listen(listener, host, service, shared));
        Ok(address)
    }

    /// Reads or alters the books. No request is answered meanwhile, so `work` must not send any, nor call this.
    pub fn cloud<R>(&self, work: impl FnOnce(&mut Cloud) -> R) -> R {
        work(&mut lock(&self.shared.cloud))
    }

    /// How many requests have come so far, to the proxy and through it.
    pub fn arrivals(&self) -> u64 {
        self.shared.arrivals.load(Ordering::Relaxed)
    }

    /// Every request through a tunnel so far, in order of arrival, or the last of them: see [`SimConfig::log_limit`].
    pub fn log(&self) -> Vec<LoggedRequest> {
        lock(&self.shared.log).iter().cloned().collect()
    }

    /// Forgets the log; numbering goes on.
    pub fn clear_log(&self) {
        lock(&self.shared.log).clear();
        lock(&self.shared.tunnels).clear();
    }

    /// Every CONNECT (and every other request to the proxy itself), in order of arrival.
    pub fn tunnels(&self) -> Vec<LoggedRequest> {
        lock(&self.shared.tunnels).iter().cloned().collect()
    }

    /// Makes something go wrong from now on.
    pub fn fault(&self, fault: Fault) {
        lock(&self.shared.faults).add(fault);
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Carries out what [`Action::HoldBack`](crate::Action::HoldBack) has kept, in order of arrival and with the rights
    /// of now; the statuses that nobody is answered with.
    pub fn let_land(&self) -> Vec<u16> {
        let held = std::mem::take(&mut *lock(&self.shared.held));
        let land = |(service, request): (Service, Request)| {
            api::answer(&mut lock(&self.shared.cloud), &service, &request).status
        };
        held.into_iter().map(land).collect()
    }

    /// Has `hook` called before and after every request from now on, and counts them from 1 on. It decides whether the
    /// request goes on, and may end the process that sent it. No other request is answered meanwhile, and it must not
    /// call this or [`Self::ignore_boundaries`].
    ///
    /// A clean run's [`Self::boundaries`] name every point at which the next run can be stopped.
    ///
    /// ```
    /// # use std::process::{Child, Command};
    /// use patkeeper_sim::{Passage, Side, Sim, SimConfig};
    ///
    /// # let sim = Sim::start(SimConfig::default())?;
    /// # fn job() -> std::io::Result<Child> { Command::new("true").spawn() }
    /// let mut child = job()?;
    /// sim.at_boundary(move |at| {
    ///     if (at.number, at.side) != (3, Side::After) {
    ///         return Passage::Go;
    ///     }
    ///     // SIGKILL; what it asked for is done, and it never learns so.
    ///     child.kill().and_then(|()| child.wait()).map_or(Passage::Go, |_| Passage::Cut)
    /// });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at_boundary(&self, hook: impl FnMut(&Boundary) -> Passage + Send + 'static) {
        lock(&self.shared.watch).set(Some(Box::new(hook)));
    }

    /// Takes the hook of [`Self::at_boundary`] away.
    pub fn ignore_boundaries(&self) {
        lock(&self.shared.watch).set(None);
    }

    /// Both sides of every request in the log.
    pub fn boundaries(&self) -> Vec<Boundary> {
        boundary::of(lock(&self.shared.log).make_contiguous())
    }

    /// Chooses the certificate that new connections to `host` are shown.
    pub fn certificate(&self, host: &str, kind: Certificate) {
        lock(&self.shared.certificates).insert(host.to_ascii_lowercase(), kind);
    }

    /// Changes the time added before every answer.
    pub fn set_latency(&self, latency: Duration) {
        *lock(&self.shared.latency) = latency;
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the thread has already ended.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

const CA_FILE: &str = "patkeeper-sim-ca.pem";

/// What the serving side and the handle both see.
pub(crate) struct Shared {
    pub(crate) started: Instant,
    /// Requests so far, to the proxy and through it.
    pub(crate) arrivals: AtomicU64,
    pub(crate) cloud: Mutex<Cloud>,
    pub(crate) faults: Mutex<FaultBook>,
    pub(crate) log: Mutex<VecDeque<LoggedRequest>>,
    pub(crate) watch: Mutex<Watch>,
    /// Requests that have not landed yet.
    pub(crate) held: Mutex<Vec<(Service, Request)>>,
    pub(crate) tunnels: Mutex<VecDeque<LoggedRequest>>,
    pub(crate) latency: Mutex<Duration>,
    pub(crate) certificates: Mutex<HashMap<String, Certificate>>,
    pub(crate) authority: Authority,
    pub(crate) config: SimConfig,
}

/// The books are kept even when a test panicked while it held them.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
