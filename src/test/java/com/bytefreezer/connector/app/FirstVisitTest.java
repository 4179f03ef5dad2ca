package com.bytefreezer.connector.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.bytefreezer.connector.cage.Cage;
import com.bytefreezer.connector.cage.Cell;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.text.Secrets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirstVisitTest {
    @TempDir
    private Path temp;

    @AutoClose
    private Cage cage;

    private FirstVisit visit;

    @BeforeEach
    void prepare() {
        Settings settings = TestSettings.over(temp, Map.of("duckdb.temp-folder", temp.toString()));
        cage = new Cage(settings);
        visit = new FirstVisit(settings, cage, new LakeCredentials(settings, new Secrets()));
    }

    @Test
    void theQuestionAtTheStartIsAnsweredAndLeavesNoFile() throws Exception {
        Cell cell = cage.take();
        assertThat(visit.ask(cell)).isEqualTo(FirstVisit.RECORDS);
        try (Stream<Path> left = Files.list(cell.temporaryFolder().orElseThrow())) {
            assertThat(left.filter(file -> file.getFileName().toString().startsWith("first-visit")))
                    .isEmpty();
        }
        cage.giveBack(cell);
    }

    @Test
    void nobodyHearsOfAQuestionThatCannotBeAsked() {
        cage.close();
        assertThatCode(visit::ask).doesNotThrowAnyException();
    }
}
