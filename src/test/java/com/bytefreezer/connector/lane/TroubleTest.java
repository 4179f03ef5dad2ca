package com.bytefreezer.connector.lane;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.DuckDbException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class TroubleTest {
    @Test
    void aFullDiskUnderTemporaryFilesIsNoFaultOfTheObject() {
        SQLException full = new SQLException(
                "IO Error: Could not write file \"/tmp/spill/duckdb_temp_storage_S96K-0.tmp\": No space left on device");

        Trouble trouble = Trouble.of(DuckDbException.of(full));

        assertThat(trouble.is(Kind.NO_ROOM)).isTrue();
        assertThat(trouble.reason()).contains("duckdb.temp-folder");
    }

    @Test
    void whatOneObjectRunsIntoDoesNotSayThatNothingWasExported() {
        ConnectorException wrong = new ConnectorException("SQL: no.", Problem.NOTHING_EXPORTED, "Leave it out.", null);

        assertThat(Trouble.of(wrong).reason()).isEqualTo("SQL: no. Leave it out.");
    }
}
