package com.bytefreezer.connector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The plan of the packages in ARCHITECTURE.md is that of the code. */
class PlanTest {
    private static final Path ROOT = Path.of("src/main/java/com/bytefreezer/connector");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\d+) \\| (?:root|`([a-z.]+)`) \\|");
    private static final Pattern USE = Pattern.compile("com\\.bytefreezer\\.connector((?:\\.[a-z]+)*)\\.[A-Z]");

    /** Each package with its floor, as ARCHITECTURE.md says. */
    private static Map<String, Integer> floors() throws IOException {
        Map<String, Integer> floors = new TreeMap<>();
        Matcher row = ROW.matcher(Files.readString(Path.of("ARCHITECTURE.md")));
        while (row.find()) {
            String name = row.group(2) == null ? "" : row.group(2);
            assertThat(floors.put(name, Integer.valueOf(row.group(1))))
                    .as("another row of " + name)
                    .isNull();
        }
        return floors;
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().endsWith(".java") && !file.endsWith("package-info.java"))
                    .toList();
        }
    }

    private static String packageOf(Path source) {
        return ROOT.relativize(source.resolveSibling("")).toString().replace('/', '.');
    }

    @Test
    void everyPackageHasAFloor() throws IOException {
        TreeSet<String> packages = new TreeSet<>();
        sources().forEach(source -> packages.add(packageOf(source)));
        assertThat(floors().keySet()).containsExactlyElementsOf(packages);
    }

    @Test
    void aPackageUsesOnlyLowerFloors() throws IOException {
        Map<String, Integer> floors = floors();
        TreeSet<String> upwards = new TreeSet<>();
        for (Path source : sources()) {
            String own = packageOf(source);
            USE.matcher(Files.readString(source))
                    .results()
                    .map(PlanTest::used)
                    .filter(used -> !used.equals(own) && floors.get(used) >= floors.get(own))
                    .forEach(used -> upwards.add("%s uses %s".formatted(ROOT.relativize(source), used)));
        }
        assertThat(upwards).isEmpty();
    }

    private static String used(MatchResult use) {
        return use.group(1).isEmpty() ? "" : use.group(1).substring(1);
    }
}
