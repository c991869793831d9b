//! What a laboratory is made of: a kernel with its modules and headers, and an emulator.

use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use walkdir::WalkDir;

use crate::dataset::cache::Cache;
use crate::dataset::packages::{Package, Shelf};
use crate::dataset::stream;
use crate::error::Unavailable;
use crate::record::Source;
use crate::tree::TreePath;
use crate::whole;

/// A kernel that was given instead of Debian's.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The kernel image: a bzImage, or a vmlinux with a PVH entry.
    pub kernel: Option<PathBuf>,
    /// Its `/lib/modules/RELEASE`, with a `build` link to what builds modules.
    pub modules: Option<PathBuf>,
}

/// How the emulator runs the guest's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accelerator {
    /// By the host's processor.
    Kvm,
    /// By software.
    Tcg,
}

impl Accelerator {
    /// Its name for a record.
    pub fn id(self) -> &'static str {
        match self {
            Accelerator::Kvm => "kvm",
            Accelerator::Tcg => "tcg",
        }
    }
}

/// An emulator.
#[derive(Debug, Clone)]
pub struct Emulator {
    /// The program.
    pub program: PathBuf,
    /// Folders with libraries that it needs beyond the system's.
    pub libraries: Vec<PathBuf>,
    /// The folder with its loadable parts, where it does not find it by itself.
    pub parts: Option<PathBuf>,
    /// Folders with its firmware, where it does not find it by itself.
    pub firmware: Vec<PathBuf>,
    /// What it says of its version.
    pub version: String,
}

/// All that a boot takes.
#[derive(Debug, Clone)]
pub struct Kit {
    /// The image to boot.
    pub kernel: PathBuf,
    /// Its configuration, as far as it is known.
    pub config: Option<PathBuf>,
    /// The folder with its modules.
    pub modules: PathBuf,
    /// The folder that `make -C` takes to build modules for it.
    pub build: PathBuf,
    /// The emulator.
    pub emulator: Emulator,
    /// The packages that all this came from.
    pub sources: Vec<Source>,
}

/// The kernel whose figures are known: Debian's for virtual machines, which is small and has
/// squashfs with every decompressor.
const ABI: &str = "6.12.117+deb12";
const VERSION: &str = "6.12.117-1~deb12u1";
/// What is taken when that is no longer served.
const SERIES: &str = r"^linux-image-(6\.12\.[0-9.]+\+deb[0-9]+)-cloud-amd64$";
const EMULATOR_LABEL: &str = "emulator-";
const EMULATOR: &str = "qemu-system-x86_64";

/// Finds or fetches all of a kit.
///
/// # Errors
/// [`Unavailable`] where it can't be had; what is wrong with what was given.
pub fn find(given: &Given, cache: &Cache, say: &dyn Fn(&str)) -> Result<Kit> {
    if !cfg!(target_arch = "x86_64") {
        return Err(Unavailable {
            what: "the guest runs this very program, and its kernels are for x86-64".to_owned(),
            remedy: "run the memory axis on an x86-64 machine".to_owned(),
        }
        .into());
    }
    let mut shelf = Shelf::open(cache, say)?;
    let (emulator, mut sources) = emulator(&mut shelf)?;
    let mut kit = match &given.kernel {
        Some(kernel) => foreign(kernel, given.modules.as_deref(), emulator)?,
        None => debian(&mut shelf, emulator, &mut sources)?,
    };
    kit.sources = sources;
    Ok(kit)
}

fn foreign(kernel: &Path, modules: Option<&Path>, emulator: Emulator) -> Result<Kit> {
    if !kernel.is_file() {
        bail!("{}: no such kernel image", kernel.display());
    }
    let Some(modules) = modules else {
        bail!("--guest-kernel needs --guest-modules: its modules, with a build link");
    };
    let config = modules.join("build/.config");
    Ok(Kit {
        kernel: kernel.to_path_buf(),
        config: config.is_file().then_some(config),
        modules: modules.to_path_buf(),
        build: modules.join("build"),
        emulator,
        sources: Vec::new(),
    })
}

/// The four packages of a kernel: image, objects, sources and tools.
fn packages(abi: &str, version: &str) -> [Package; 4] {
    let package = |name: String| Package { name, version: version.to_owned(), sha256: None };
    [
        package(format!("linux-image-{abi}-cloud-amd64")),
        package(format!("linux-headers-{abi}-cloud-amd64")),
        package(format!("linux-headers-{abi}-common")),
        package(format!("linux-kbuild-{abi}")),
    ]
}

/// The SHA-256 of the pinned packages, in the order of [`packages`].
const PINNED: [&str; 4] = [
    "5195b288dec79e2981d6b84457f38b7ce7310a2d702930ec7d07209c7f78ce37",
    "d554fd0fd1ba990b36a428a5982c295e365bb5598c366bdf088aeb467c4c6dd3",
    "0c70107dda266a9d26dc119d80a71589202b17fbf4d4ddf544681c89e2002742",
    "69761d1daf39e43485d278cc7066f77c15edc3b881d6e47afd61cf0da0985677",
];

fn choose(shelf: &mut Shelf) -> Result<(String, [Package; 4])> {
    let mut pinned = packages(ABI, VERSION);
    for (package, sha256) in pinned.iter_mut().zip(PINNED) {
        package.sha256 = Some(sha256.to_owned());
    }
    let there = pinned.iter().all(|package| shelf.place(package, LABEL).is_dir());
    if there || shelf.served(&pinned[0])? {
        return Ok((ABI.to_owned(), pinned));
    }
    let pattern = regex::Regex::new(SERIES)?;
    let mut abis = Vec::new();
    for name in shelf.names("linux-image-6.12.")? {
        if let Some(abi) = pattern.captures(&name).and_then(|found| found.get(1)) {
            abis.push(abi.as_str().to_owned());
        }
    }
    let numbers = |abi: &String| -> Vec<u64> {
        abi.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
    };
    abis.sort_by_key(numbers);
    while let Some(abi) = abis.pop() {
        if let Some(version) = shelf.newest(&format!("linux-image-{abi}-cloud-amd64"))? {
            let packages = packages(&abi, &version);
            return Ok((abi, packages));
        }
    }
    Err(Unavailable {
        what: "no kernel for a guest is served here".to_owned(),
        remedy: "give one with --guest-kernel and --guest-modules; or add Debian's package sources"
            .to_owned(),
    }
    .into())
}

/// By which the unpacked folders are told from those of the dataset, which take other files.
const LABEL: &str = "guest-";

fn debian(shelf: &mut Shelf, emulator: Emulator, sources: &mut Vec<Source>) -> Result<Kit> {
    let (abi, packages) = choose(shelf)?;
    let mut folders = Vec::new();
    for package in &packages {
        let (folder, source) = shelf.unpacked(package, LABEL, &needed)?;
        folders.push(folder);
        sources.push(source);
    }
    let [image, objects, common, kbuild] = folders.as_slice() else { bail!("four packages") };
    let release = format!("{abi}-cloud-amd64");
    let build = objects.join("usr/src").join(format!("linux-headers-{release}"));
    join(&build, objects, common, kbuild, &abi)?;
    let modules = ["lib/modules", "usr/lib/modules"].map(|dir| image.join(dir).join(&release));
    let modules =
        modules.into_iter().find(|dir| dir.is_dir()).context("no modules in the package")?;
    let config = image.join("boot").join(format!("config-{release}"));
    let packed = image.join("boot").join(format!("vmlinuz-{release}"));
    let kernel = image.join("boot").join(format!("vmlinux-{release}"));
    if !kernel.is_file() {
        uncompress(&packed, &kernel)?;
    }
    Ok(Kit { kernel, config: Some(config), modules, build, emulator, sources: Vec::new() })
}

/// Kernel, configuration, file systems, block devices and what they need, headers and tools.
fn needed(path: &TreePath) -> bool {
    let path = path.as_path().to_string_lossy();
    let module = |dir: &str| path.contains(&format!("/kernel/{dir}/"));
    path.starts_with("boot/")
        || path.starts_with("usr/src/")
        || path.starts_with("usr/lib/linux-kbuild")
        || path.contains("/modules.")
        || ["fs", "drivers/block", "lib", "crypto"].into_iter().any(module)
}

/// Makes the folder `build` find the sources and tools, which Debian installs beside it.
fn join(build: &Path, objects: &Path, common: &Path, kbuild: &Path, abi: &str) -> Result<()> {
    let name = format!("linux-headers-{abi}-common");
    let sources = common.join("usr/src").join(&name);
    let tools = format!("usr/lib/linux-kbuild-{abi}");
    let link = objects.join(&tools);
    if !link.exists() {
        fs::create_dir_all(objects.join("usr/lib"))?;
        std::os::unix::fs::symlink(kbuild.join(&tools), &link)
            .with_context(|| link.display().to_string())?;
    }
    // The sources' own link to the tools leads beside them as well.
    let beside = common.join(&tools);
    if !beside.exists() {
        fs::create_dir_all(common.join("usr/lib"))?;
        std::os::unix::fs::symlink(kbuild.join(&tools), &beside)
            .with_context(|| beside.display().to_string())?;
    }
    let makefile = build.join("Makefile");
    let text = format!("include {}/Makefile\n", sources.display());
    if fs::read_to_string(&makefile).ok().as_ref() != Some(&text) {
        fs::write(&makefile, text).with_context(|| makefile.display().to_string())?;
    }
    Ok(())
}

/// Writes the kernel that the bzImage `packed` holds compressed: an emulator starts it faster.
fn uncompress(packed: &Path, target: &Path) -> Result<()> {
    let bytes = fs::read(packed).with_context(|| packed.display().to_string())?;
    for start in stream::starts(&bytes) {
        let Some(mut kernel) = stream::embedded(&bytes[start..])? else { continue };
        let mut head = [0; 4];
        if kernel.read_exact(&mut head).is_err() || head != object::elf::ELFMAG {
            continue;
        }
        return whole::write(target, |out| {
            std::io::Write::write_all(out, &head)?;
            std::io::copy(&mut kernel, out).context("the compressed kernel")?;
            Ok(())
        });
    }
    bail!("{}: no compressed kernel in it", packed.display())
}

fn emulator(shelf: &mut Shelf) -> Result<(Emulator, Vec<Source>)> {
    let mut emulator = Emulator {
        program: PathBuf::from(EMULATOR),
        libraries: Vec::new(),
        parts: None,
        firmware: Vec::new(),
        version: String::new(),
    };
    if let Ok(version) = version(&emulator) {
        emulator.version = version;
        return Ok((emulator, Vec::new()));
    }
    let mut sources = Vec::new();
    for package in emulator_packages(shelf)? {
        let (folder, source) = shelf.unpacked(&package, EMULATOR_LABEL, &|_| true)?;
        sources.push(source);
        let program = folder.join("usr/bin").join(EMULATOR);
        if program.is_file() {
            emulator.program = program;
        }
        for dir in ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"] {
            let dir = folder.join(dir);
            if dir.join("qemu/accel-tcg-x86_64.so").is_file() {
                emulator.parts = Some(dir.join("qemu"));
            }
            emulator.libraries.extend(Some(dir).filter(|dir| dir.is_dir()));
        }
        for dir in ["usr/share/qemu", "usr/share/seabios"] {
            emulator.firmware.extend(Some(folder.join(dir)).filter(|dir| dir.is_dir()));
        }
    }
    emulator.version = version(&emulator)?;
    Ok((emulator, sources))
}

/// What is fetched for an emulator. The list is kept, so that the next run need not ask for it.
fn emulator_packages(shelf: &mut Shelf) -> Result<Vec<Package>> {
    let list = shelf.note("emulator.packages");
    if let Ok(text) = fs::read_to_string(&list) {
        let package = |line: &str| {
            let (name, version) = line.split_once(' ')?;
            Some(Package { name: name.to_owned(), version: version.to_owned(), sha256: None })
        };
        let packages: Option<Vec<_>> = text.lines().map(package).collect();
        let there = |packages: &Vec<Package>| {
            packages.iter().all(|package| shelf.place(package, EMULATOR_LABEL).is_dir())
        };
        if let Some(packages) = packages.filter(there) {
            return Ok(packages);
        }
    }
    let packages = shelf.missing("qemu-system-x86")?;
    for package in &packages {
        shelf.unpacked(package, EMULATOR_LABEL, &|_| true)?;
    }
    whole::write(&list, |out| {
        for Package { name, version, .. } in &packages {
            use std::io::Write as _;
            writeln!(out, "{name} {version}")?;
        }
        Ok(())
    })?;
    Ok(packages)
}

/// The first line of what the emulator says of its version, which also shows that it starts.
fn version(emulator: &Emulator) -> Result<String> {
    let mut command = Command::new(&emulator.program);
    if !emulator.libraries.is_empty() {
        command.env("LD_LIBRARY_PATH", std::env::join_paths(&emulator.libraries)?);
    }
    let output = command.arg("--version").stdin(Stdio::null()).output();
    let output = output.with_context(|| emulator.program.display().to_string())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        bail!("{}: {said}", emulator.program.display());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.lines().next().unwrap_or("QEMU").to_owned())
}

impl Kit {
    /// The module `name` of this kernel and those it needs, in the order of loading; nothing when
    /// it is part of the kernel itself.
    ///
    /// # Errors
    /// The kernel has no such module.
    pub fn module(&self, name: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let mut all = Vec::new();
        self.gather(name, &mut all)?;
        Ok(all)
    }

    fn gather(&self, name: &str, all: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
        if all.iter().any(|(known, _)| known == name) {
            return Ok(());
        }
        let file = WalkDir::new(self.modules.join("kernel")).into_iter().flatten().find(|found| {
            let file = found.file_name().to_string_lossy().replace('-', "_");
            file.strip_prefix(name).is_some_and(|rest| rest.starts_with(".ko"))
        });
        let Some(file) = file else {
            let builtin = fs::read_to_string(self.modules.join("modules.builtin"));
            let builtin = builtin.unwrap_or_default().replace('-', "_");
            if builtin.lines().any(|line| line.ends_with(&format!("/{name}.ko"))) {
                return Ok(());
            }
            bail!("the guest's kernel has no {name}");
        };
        let read = || -> Result<Vec<u8>> {
            let input = Box::new(BufReader::new(File::open(file.path())?));
            let mut bytes = Vec::new();
            stream::decompress(input)?.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().with_context(|| file.path().display().to_string())?;
        for needed in needs(&bytes) {
            self.gather(&needed, all)?;
        }
        all.push((name.to_owned(), bytes));
        Ok(())
    }

    /// The value of an option of the kernel's configuration; `None` where it is not set, or
    /// nothing is known.
    pub fn option(&self, name: &str) -> Option<String> {
        let text = fs::read_to_string(self.config.as_ref()?).ok()?;
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
    }
}

/// What a module says that it depends on.
fn needs(module: &[u8]) -> Vec<String> {
    let mark = b"\0depends=";
    let Some(at) = memchr::memmem::find(module, mark) else { return Vec::new() };
    let rest = &module[at + mark.len()..];
    let end = rest.iter().position(|&byte| byte == 0).unwrap_or(rest.len());
    let text = String::from_utf8_lossy(&rest[..end]).replace('-', "_");
    text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
