package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/add-a-destination.md, done word for word. With three certifications it is long, so its name puts it among the first. */
class WrittenDestinationIT {
    @TempDir
    private Path folder;

    @Test
    void everyFileAndCommandWorks() throws Exception {
        WrittenPage.Done done = new WrittenPage("docs/add-a-destination.md", folder).run();

        assertThat(done.compared()).isEqualTo(1);
        assertThat(done.printed().stream()
                        .flatMap(String::lines)
                        .filter(line -> line.contains(": certified."))
                        .map(line -> line.replaceFirst(":.*", "")))
                .containsExactly("collector", "file", "bulk");
        String file = done.printed().stream()
                .filter(output -> output.contains("file: certified."))
                .findFirst()
                .orElseThrow();
        assertThat(file.lines().toList().subList(1, 3)).allMatch(line -> line.endsWith("| yes"));
        assertThat(file)
                .contains(
                        "run 1 was killed; run 2 was killed; 600 records accepted, 0 of them repeatedly",
                        "file: its connections were not broken, because no setting points to the proxy.");
    }
}
