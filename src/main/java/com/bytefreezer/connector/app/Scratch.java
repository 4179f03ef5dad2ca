package com.bytefreezer.connector.app;

import com.bytefreezer.connector.config.ExportFile;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.text.Secrets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the connector needs to work once more beside its exports: settings with a cursor of their own that knows nothing, a
 * temporary folder, and the secrets of these settings, masked while it lasts. Nothing is left when it is closed. Safe for
 * use by several threads.
 */
public final class Scratch implements AutoCloseable {
    private final Secrets secrets;
    private final ScratchFolder folder;
    private final Settings settings;
    private final Collection<String> masked;

    private Scratch(ScratchFolder folder, Settings settings, Secrets secrets, Collection<String> secretSettings) {
        this.folder = folder;
        this.settings = settings;
        this.secrets = secrets;
        masked = new LinkedHashSet<>(settings.secrets());
        secretSettings.forEach(name -> settings.optional(name).ifPresent(masked::add));
        masked.forEach(secrets::add);
    }

    /** The exports of {@code base} from their beginning; their dead letters go where they always go. */
    public static Scratch ofExports(Settings base, Secrets secrets) throws SettingsException {
        ScratchFolder folder = ScratchFolder.create();
        return closingOnFailure(
                folder,
                () -> new Scratch(folder, base.with(Mode.REPLAY, withCursor(folder, Map.of())), secrets, List.of()));
    }

    /**
     * One export alone, which settings describe, with dead letters of its own.
     *
     * @param name of the export
     * @param own settings over those of {@code base}
     * @param secretSettings names of settings whose values are secret, besides those that always are
     * @throws SettingsException when they do not suffice
     */
    public static Scratch ofOneExport(
            Settings base, Secrets secrets, String name, Map<String, String> own, Collection<String> secretSettings)
            throws SettingsException {
        ScratchFolder folder = ScratchFolder.create();
        Map<String, String> all = withCursor(folder, own);
        all.put("delivery.dead-letters-folder", deadLettersIn(folder).toString());
        return closingOnFailure(
                folder,
                () -> new Scratch(
                        folder,
                        base.with(Mode.BATCH, base.routes().withOnlyExport(write(folder, name)), all),
                        secrets,
                        secretSettings));
    }

    /** The file of an export that leaves everything to the settings: none of the folder of exports need do so. */
    private static Path write(ScratchFolder folder, String export) {
        try {
            return Files.writeString(
                    folder.path().resolve(export + ".camel.yaml"), ExportFile.of(Map.of("name", export)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Making {
        Scratch make() throws SettingsException;
    }

    private static Scratch closingOnFailure(ScratchFolder folder, Making making) throws SettingsException {
        try {
            return making.make();
        } catch (SettingsException | RuntimeException | Error e) {
            folder.close();
            throw e;
        }
    }

    private static Map<String, String> withCursor(ScratchFolder folder, Map<String, String> own) {
        Map<String, String> all = new TreeMap<>(own);
        all.put("cursor.url", "");
        all.put("cursor.file", folder.path().resolve("cursor.db").toString());
        all.put("cursor.start", "earliest");
        return all;
    }

    private static Path deadLettersIn(ScratchFolder folder) {
        return folder.path().resolve("dead-letters");
    }

    public Settings settings() {
        return settings;
    }

    /** The temporary folder, for whatever else is written. */
    public Path folder() {
        return folder.path();
    }

    /** The folder of the records that were refused. */
    public Path deadLetters() {
        return deadLettersIn(folder);
    }

    /** Whether records were refused. */
    public boolean hasDeadLetters() {
        return Files.exists(deadLetters());
    }

    /** Unmasks what only it has masked, and removes what it has written. */
    @Override
    public void close() {
        unmask();
        folder.close();
    }

    /** The same, but the dead letters stay until {@link #close}. */
    public void closeExceptDeadLetters() {
        unmask();
        folder.removeExcept(deadLetters());
    }

    private synchronized void unmask() {
        masked.forEach(secrets::remove);
        masked.clear();
    }
}
