package com.bytefreezer.connector.testing;

import com.bytefreezer.connector.config.Environment;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.Settings.Sources;
import com.bytefreezer.connector.config.SettingsException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

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

    /** The arguments of the program, and after them each setting with {@code --set}. */
    public static String[] arguments(Map<String, String> settings, String... arguments) {
        return Stream.concat(
                        Stream.of(arguments),
                        new TreeMap<>(settings)
                                .entrySet().stream()
                                        .flatMap(each -> Stream.of("--set", each.getKey() + "=" + each.getValue())))
                .toArray(String[]::new);
    }

    /** The environment that has the settings. */
    public static Map<String, String> environment(Map<String, String> settings) {
        var environment = new TreeMap<String, String>();
        settings.forEach((name, value) -> environment.put(Environment.variable(name), value));
        return environment;
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
