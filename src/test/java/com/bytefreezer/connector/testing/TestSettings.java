package com.bytefreezer.connector.testing;

import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.Settings.Sources;
import com.bytefreezer.connector.config.SettingsException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Settings as a start with options on the command line gives them, without the environment of the machine. */
public final class TestSettings {
    private static final RouteFiles OWN =
            RouteFiles.in(TestTools.projectDirectory().resolve("routes").normalize());

    private TestSettings() {}

    /** The route files of a folder; the project's own are read once for all tests of a process. */
    public static RouteFiles routes(Path folder) {
        var absolute = folder.toAbsolutePath().normalize();
        return absolute.equals(OWN.folder()) ? OWN : RouteFiles.in(absolute);
    }

    /** Those of an export from a folder to standard output, and {@code options} over them. */
    public static Settings over(Path lake, Map<String, String> options) {
        return over(lake, options, OWN);
    }

    /** The same with other route files. */
    public static Settings over(Path lake, Map<String, String> options, RouteFiles routes) {
        var commandLine = new TreeMap<>(Map.of(
                "lake.root", "file:" + lake,
                "query.tenant-id", "acme",
                "query.dataset-id", "web",
                "query.sql", "SELECT * FROM events",
                "destination.type", "stdout"));
        commandLine.putAll(options);
        try {
            return Settings.load(new Sources(Mode.BATCH, commandLine, Map.of(), null, lake, routes));
        } catch (SettingsException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
