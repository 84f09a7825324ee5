use super::*;

fn disk() -> (MemoryDisk, Box<dyn File>) {
    let disk = MemoryDisk::new();
    disk.make_directory(Path::new("/data")).unwrap();
    disk.sync_directory(Path::new("/")).unwrap();
    let file = disk.create(Path::new("/data/a")).unwrap();
    (disk, file)
}

fn content(disk: &MemoryDisk, path: &str) -> Option<Vec<u8>> {
    let file = disk.open(Path::new(path)).ok()?;
    let mut bytes = vec![0; file.len().unwrap() as usize];
    file.read_at(&mut bytes, 0).unwrap();
    Some(bytes)
}

#[test]
fn a_power_loss_takes_any_sectors_that_were_not_synced() {
    let (disk, file) = disk();
    disk.sync_directory(Path::new("/data")).unwrap();
    file.write_at(&[1; 4 * SECTOR], 0).unwrap();
    file.sync().unwrap();
    file.write_at(&[2; 4 * SECTOR], 0).unwrap();
    for pattern in 0..16u32 {
        let mut at = 0;
        let after = disk.power_loss(&mut || {
            at += 1;
            pattern & (1 << (at - 1)) != 0
        });
        let bytes = content(&after, "/data/a").unwrap();
        for sector in 0..4 {
            let expected = if pattern & (1 << sector) == 0 { 1 } else { 2 };
            assert!(
                bytes[sector * SECTOR..(sector + 1) * SECTOR]
                    .iter()
                    .all(|&byte| byte == expected)
            );
        }
    }
    assert_eq!(
        content(&disk.restart(), "/data/a").unwrap(),
        [2; 4 * SECTOR]
    );
}

#[test]
fn names_survive_only_when_the_directory_is_synced() {
    let (disk, file) = disk();
    file.write_at(b"abc", 0).unwrap();
    file.sync().unwrap();
    assert_eq!(content(&disk.power_loss(&mut || false), "/data/a"), None);
    disk.sync_directory(Path::new("/data")).unwrap();
    let survived = content(&disk.power_loss(&mut || false), "/data/a");
    assert_eq!(survived.unwrap(), b"abc");

    disk.rename(Path::new("/data/a"), Path::new("/data/b"))
        .unwrap();
    for (survives, old, new) in [(false, true, false), (true, false, true)] {
        let after = disk.power_loss(&mut || survives);
        assert_eq!(content(&after, "/data/a").is_some(), old);
        assert_eq!(content(&after, "/data/b").is_some(), new);
    }
}

#[test]
fn nothing_works_after_a_failed_sync_or_a_stop() {
    let (disk, file) = disk();
    disk.fail_sync();
    assert!(file.sync().is_err() && disk.is_down());
    assert!(file.write_at(b"x", 0).is_err() && disk.list(Path::new("/")).is_err());

    let (disk, file) = self::disk();
    disk.stop_after(1);
    file.write_at(b"x", 0).unwrap();
    assert!(file.write_at(b"y", 1).is_err());
    assert_eq!(disk.changes(), 5);
    let file = disk.restart();
    assert_eq!(
        content(&file, "/data/a").unwrap(),
        b"xy",
        "begun, not confirmed"
    );
}

#[test]
fn a_short_write_and_a_full_disk_are_errors() {
    let (disk, file) = disk();
    disk.shorten_write();
    assert!(file.write_at(&[1; 3 * SECTOR], 0).is_err());
    assert_eq!(file.len().unwrap(), SECTOR as u64);
    disk.set_capacity(2 * SECTOR as u64);
    let error = file.write_at(&[1; 3 * SECTOR], 0).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert!(file.allocate(3 * SECTOR as u64).is_err());
    file.allocate(2 * SECTOR as u64).unwrap();
    assert_eq!(disk.free_bytes(Path::new("/")).unwrap(), 0);
}

#[test]
fn locks_exclude_and_are_let_go() {
    let (disk, _) = disk();
    let path = Path::new("/data/LOCK");
    assert!(disk.lock(path, Lock::Shared).is_err(), "not there");
    let held = disk.lock(path, Lock::Exclusive).unwrap().unwrap();
    assert!(disk.lock(path, Lock::Shared).unwrap().is_none());
    drop(held);
    let one = disk.lock(path, Lock::Shared).unwrap().unwrap();
    let two = disk.lock(path, Lock::Shared).unwrap().unwrap();
    drop(one);
    assert!(disk.lock(path, Lock::Exclusive).unwrap().is_none());
    drop(two);
    assert!(disk.lock(path, Lock::Exclusive).unwrap().is_some());
}

#[test]
fn a_removed_directory_takes_what_is_in_it() {
    let (disk, _file) = disk();
    disk.remove_directory(Path::new("/data")).unwrap();
    assert!(disk.list(Path::new("/data")).is_err());
    assert_eq!(disk.files(Path::new("/")).unwrap(), []);
}
