package com.bytefreezer.connector.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A module of the page that imports a name that another module no longer has leaves the whole page blank. */
class WebModulesTest {
    private static final Path WEB = Path.of("src/main/resources/web");
    private static final Pattern EXPORT = Pattern.compile(
            "^export (?:(?:async )?(?:function\\*?|class|const|let) (\\w+)|\\{ (\\w+) })", Pattern.MULTILINE);
    private static final Pattern IMPORT = Pattern.compile("^import \\{([^}]*)} from '\\./([^']+)'", Pattern.MULTILINE);

    @Test
    void everyImportedNameIsExported() throws Exception {
        Map<String, String> modules = new HashMap<>();
        try (Stream<Path> files = Files.list(WEB)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".js")).toList()) {
                modules.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        List<String> imported = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        modules.forEach((module, code) -> IMPORT.matcher(code).results().forEach(match -> {
            Set<String> exported = exported(modules.getOrDefault(match.group(2), ""));
            Stream.of(match.group(1).split(","))
                    .map(name -> name.strip().replaceFirst(" as .*", ""))
                    .filter(name -> !name.isEmpty())
                    .forEach(name -> {
                        imported.add(name);
                        if (!exported.contains(name)) {
                            missing.add("%s: %s of %s".formatted(module, name, match.group(2)));
                        }
                    });
        }));
        assertThat(missing).isEmpty();
        assertThat(imported).hasSizeGreaterThan(200);
    }

    private static Set<String> exported(String code) {
        return EXPORT.matcher(code)
                .results()
                .map((MatchResult match) -> match.group(1) == null ? match.group(2) : match.group(1))
                .collect(Collectors.toSet());
    }
}
