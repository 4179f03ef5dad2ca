package com.bytefreezer.connector.lookup;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.LaneLookups;
import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.query.LookupTable;
import com.bytefreezer.connector.query.LookupTables;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the versions of lookups that lanes have used, beside the cursor, so that a hunt can tell which entries are new. A failure here affects no delivery. Safe for use by several threads and processes.
 */
public final class LookupVersions {
    private static final Logger LOG = LoggerFactory.getLogger(LookupVersions.class);

    private final Path folder;
    private final Path hunts;

    private LookupVersions(Path folder, Path hunts) {
        this.folder = folder;
        this.hunts = hunts;
    }

    public static LookupVersions of(Settings settings) {
        return new LookupVersions(settings.lookupVersionsFolder(), settings.lookupHuntsFolder());
    }

    /** The folder of a hunt below that of its lane and lookup; while it exists, {@code version} is kept. */
    public static Path hunt(Path ofLookup, Optional<LookupTable> former, String version) {
        return ofLookup.resolve(former.map(LookupTable::version).orElse("all") + "-" + version);
    }

    /** Keeps the versions that are not kept yet; returns whether there was one. */
    public boolean keep(LookupTables tables) {
        boolean isNew = false;
        for (LookupTable table : tables.tables()) {
            Path kept = path(table.name(), table.version());
            try {
                if (!Files.exists(kept)) {
                    PrivateFiles.createFolders(folder);
                    Path part = folder.resolve(UUID.randomUUID() + ".part");
                    PrivateFiles.create(part);
                    Files.copy(table.copy(), part, StandardCopyOption.REPLACE_EXISTING);
                    Files.move(part, kept, StandardCopyOption.ATOMIC_MOVE);
                    isNew = true;
                }
            } catch (IOException e) {
                LOG.warn(
                        "lookup {}: its version {} cannot be kept ({}). Exports continue; a later retro-hunt treats all its entries as new.",
                        table.name(),
                        table.version(),
                        e.toString());
            }
        }
        return isNew;
    }

    /** A kept version. */
    public Optional<LookupTable> find(String name, String version) {
        Path kept = path(name, version);
        return Files.exists(kept) ? Optional.of(new LookupTable(name, kept, Map.of(), 0, version)) : Optional.empty();
    }

    /** Removes the versions of a lookup that no lane needs for a hunt: at its end, the version that it hunts for becomes the one to compare with. */
    public void forgetUnused(String name, LaneLookups lanes) {
        Set<String> versions = lanes.all().stream()
                .filter(each -> each.name().equals(name))
                .flatMap(each -> Stream.of(each.version(), each.base()))
                .collect(Collectors.toCollection(HashSet::new));
        try (Stream<Path> files = Files.list(folder)) {
            versions.addAll(hunted());
            for (Path file : files.filter(each -> each.getFileName().toString().matches(name + "-[^-]*"))
                    .toList()) {
                if (versions.stream().map(version -> path(name, version)).noneMatch(file::equals)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.debug("{}: not removed", folder, e);
        }
    }

    private Set<String> hunted() throws IOException {
        if (!Files.isDirectory(hunts)) {
            return Set.of();
        }
        try (Stream<Path> all = Files.walk(hunts, 2)) {
            return all.map(each -> each.getFileName().toString())
                    .map(name -> name.substring(name.lastIndexOf('-') + 1))
                    .collect(Collectors.toSet());
        }
    }

    private Path path(String name, String version) {
        return folder.resolve(name + "-" + version + ".parquet");
    }
}
