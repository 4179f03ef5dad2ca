package com.bytefreezer.connector.app;

import com.bytefreezer.connector.config.ExportFile;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.disk.PrivateFiles;
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
import java.util.concurrent.Callable;

/**
 * Everything for one more run beside the exports: settings with an empty cursor of their own, a temporary folder, and
 * the masking of these settings' secrets. Closing it leaves nothing behind. Safe for use by several threads.
 */
public final class Scratch implements AutoCloseable {
    private final Secrets secrets;
    private final ScratchFolder folder;
    private final Settings settings;
    private final Collection<String> secretValues;
    private boolean masking = true;

    private Scratch(ScratchFolder folder, Settings settings, Secrets secrets, Collection<String> secretSettings) {
        this.folder = folder;
        this.settings = settings;
        this.secrets = secrets;
        secretValues = new LinkedHashSet<>(settings.secrets());
        secretSettings.forEach(name -> settings.optional(name).ifPresent(secretValues::add));
        secretValues.forEach(secrets::add);
    }

    /** For the exports of {@code base} from their start; their dead letters go to the usual folder. */
    public static Scratch ofExports(Settings base, Secrets secrets) throws SettingsException {
        ScratchFolder folder = ScratchFolder.create();
        return closingOnFailure(
                folder,
                () -> new Scratch(folder, base.with(Mode.REPLAY, withCursor(folder, Map.of())), secrets, List.of()));
    }

    /**
     * The same, with a cursor that stays after {@link #close}: another scratch goes on where this one ended.
     *
     * @param cursor its folder
     */
    public static Scratch ofExports(Settings base, Secrets secrets, Path cursor) throws SettingsException, IOException {
        PrivateFiles.createFolders(cursor);
        ScratchFolder folder = ScratchFolder.create();
        Map<String, String> own = withCursor(folder, Map.of());
        own.put("cursor.file", cursor.resolve("cursor.db").toString());
        return closingOnFailure(folder, () -> new Scratch(folder, base.with(Mode.REPLAY, own), secrets, List.of()));
    }

    /**
     * For one export, described by settings, with dead letters of its own.
     *
     * @param name of the export
     * @param own settings over those of {@code base}
     * @param secretSettings names of further settings with secret values
     * @throws SettingsException if they are not enough
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
                        base.with(Mode.BATCH, base.routes().withOnlyExport(write(folder, name)), all)
                                .of(all.getOrDefault("destination.type", "")),
                        secrets,
                        secretSettings));
    }

    /** Writes the file of an export that leaves everything to the settings; the folder of exports may have none. */
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
        // Nobody is told of a run that a person watches or that belongs to another one.
        all.put("notifications.type", "");
        return all;
    }

    private static Path deadLettersIn(ScratchFolder folder) {
        return folder.path().resolve("dead-letters");
    }

    public Settings settings() {
        return settings;
    }

    /** The temporary folder, for other files. */
    public Path folder() {
        return folder.path();
    }

    /** The folder of refused records. */
    public Path deadLetters() {
        return deadLettersIn(folder);
    }

    /** Whether there are refused records. */
    public boolean hasDeadLetters() {
        return Files.exists(deadLetters());
    }

    /** Ends the masking of its own secrets and removes its files. */
    @Override
    public void close() {
        unmask();
        folder.close();
    }

    /** As above, but the dead letters stay until {@link #close}. */
    public void closeExceptDeadLetters() {
        unmask();
        folder.removeExcept(deadLetters());
    }

    /** Works with these settings again; their secrets are masked meanwhile. */
    public <T> T again(Callable<T> work) throws Exception {
        secretValues.forEach(secrets::add);
        try {
            return work.call();
        } finally {
            secretValues.forEach(secrets::remove);
        }
    }

    private synchronized void unmask() {
        if (masking) {
            masking = false;
            secretValues.forEach(secrets::remove);
        }
    }
}
