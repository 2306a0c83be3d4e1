// A driver in Go: one process per scenario, or one for all with --driver. Your client goes into upload.
package main

import ("bufio"; "encoding/json"; "fmt"; "os"; "strings")

type words map[string]any

// upload uploads the file at w["file"]; an error is a claim of failure.
func upload(w words) error {
	return fmt.Errorf("call your client here: %v%v", w["endpoint"], w["key"])
}

func claim(w words) words {
	if w["op"] != "upload" { return words{"outcome": "unsupported"} }
	if err := upload(w); err != nil { return words{"outcome": "api_error", "detail": err.Error()} }
	return words{"outcome": "ok"}
}

func main() {
	out := json.NewEncoder(os.Stdout)
	if os.Getenv("SLICECHECK_OP") != "" {
		w := words{}
		for _, variable := range os.Environ() {
			name, value, _ := strings.Cut(variable, "=")
			w[strings.ToLower(strings.TrimPrefix(name, "SLICECHECK_"))] = value
		}
		said := claim(w)
		out.Encode(said)
		os.Exit(map[any]int{"api_error": 1, "unsupported": 89}[said["outcome"]])
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		w := words{}
		if err := json.Unmarshal(lines.Bytes(), &w); err != nil { panic(err) }
		said := words{"name": "my driver", "version": "1.0"}
		if w["hello"] == nil { said = claim(w); said["id"] = w["id"] }
		out.Encode(said)
	}
}
