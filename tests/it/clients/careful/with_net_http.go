// A client that takes every care, with its forms made by mime/multipart and sent by net/http.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	attempts   = 3
	pause      = 200 * time.Millisecond
	timeout    = 20 * time.Second
	unfinished = -4019
)

// Codes of the error table that ask to come again, or that are transient by nature.
var transient = map[int64]bool{
	-71: true, -195: true, -196: true, -5997: true, -20034: true, -21095: true, -29302: true,
}

// lost says that no usable answer came; the next attempt may bring one.
type lost struct{ detail string }

func (l lost) Error() string { return l.detail }

// refused says that the service said no, with this code, and will say so again.
type refused struct {
	code   int64
	detail string
}

func (r refused) Error() string { return r.detail }

// number is a number in every reply; on some pages it is a string of digits.
type number int64

func (n *number) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	*n = number(value)
	return err
}

type part struct {
	Offset  number `json:"offset"`
	Datalen number `json:"datalen"`
}

type data struct {
	Session   *string `json:"session"`
	AccessURL *string `json:"access_url"`
	SliceSize number  `json:"slice_size"`
	Filesize  *number `json:"filesize"`
	Listparts []part  `json:"listparts"`
	Offset    *number `json:"offset"`
	Datalen   *number `json:"datalen"`
	Datamd5   *string `json:"datamd5"`
}

type field struct{ name, value string }

var client = &http.Client{
	Timeout: timeout,
	// A redirected POST becomes a GET.
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func word(name string) string { return os.Getenv("SLICECHECK_" + name) }

func main() {
	// Neither of the wishes is known here.
	if word("OP") != "upload" || word("SHA") != "" || word("INSERT_ONLY") != "" {
		os.Exit(89)
	}
	rand.Seed(time.Now().UnixNano())
	if err := upload(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func upload() error {
	file, err := os.Open(word("FILE"))
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	granted, err := begin(size)
	if err != nil {
		return err
	}
	if granted.Session == nil {
		return nil // an address instead: the object is there already
	}
	step := int64(granted.SliceSize)
	if step <= 0 {
		return errors.New("no slice size was granted") // not for us to guess
	}
	held := map[part]bool{}
	for _, each := range granted.Listparts {
		held[each] = true
	}
	for offset := int64(0); offset < size; offset += step {
		length := step
		if length > size-offset {
			length = size - offset
		}
		if held[part{number(offset), number(length)}] {
			continue
		}
		content := make([]byte, length)
		if _, err := file.ReadAt(content, offset); err != nil {
			return err
		}
		if err := persist(func() error { return send(*granted.Session, offset, content) }); err != nil {
			return err
		}
	}
	return persist(func() error {
		fields := []field{
			{"op", "upload_slice_finish"}, {"session", *granted.Session}, {"filesize", fmt.Sprint(size)},
		}
		finished, err := call(fields, nil)
		if err == nil && finished.AccessURL == nil {
			return lost{"finish succeeded without an address"}
		}
		return err
	})
}

// begin opens an upload, or takes up the one that is open.
func begin(size int64) (*data, error) {
	granted, err := sessionOrAddress([]field{
		{"op", "upload_slice_init"}, {"filesize", fmt.Sprint(size)}, {"slice_size", word("SLICE_SIZE")},
	})
	var no refused
	if !errors.As(err, &no) || no.code != unfinished {
		return granted, err
	}
	granted, err = sessionOrAddress([]field{{"op", "upload_slice_list"}})
	if err == nil && granted.Filesize != nil && int64(*granted.Filesize) != size {
		return nil, errors.New("an upload of another file is open")
	}
	return granted, err
}

func sessionOrAddress(fields []field) (granted *data, err error) {
	err = persist(func() error {
		if granted, err = call(fields, nil); err != nil {
			return err
		}
		if (granted.Session == nil || *granted.Session == "") && granted.AccessURL == nil {
			return lost{"neither a session nor an address"}
		}
		return nil
	})
	return granted, err
}

func send(session string, offset int64, content []byte) error {
	acknowledged, err := call([]field{
		{"op", "upload_slice_data"}, {"session", session}, {"offset", fmt.Sprint(offset)},
	}, content)
	if err != nil {
		return err
	}
	digest := fmt.Sprintf("%x", md5.Sum(content))
	switch {
	case acknowledged.Session == nil || *acknowledged.Session != session:
		return lost{"another session is acknowledged"}
	case acknowledged.Offset == nil || int64(*acknowledged.Offset) != offset:
		return lost{"another offset is acknowledged"}
	case acknowledged.Datalen == nil || int(*acknowledged.Datalen) != len(content):
		return lost{"another length is acknowledged"}
	// Replies of 2016 have none.
	case acknowledged.Datamd5 != nil && *acknowledged.Datamd5 != digest:
		return lost{"other bytes are acknowledged"}
	}
	return nil
}

// call posts a form and returns data of a reply whose code is 0.
func call(fields []field, content []byte) (*data, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, each := range fields {
		form.WriteField(each.name, each.value)
	}
	if content != nil {
		file, err := form.CreateFormFile("filecontent", "slice")
		if err != nil {
			return nil, err
		}
		file.Write(content)
	}
	form.Close()
	address := word("ENDPOINT") + "/files/v2/" + word("APPID") + "/" + word("BUCKET")
	for _, segment := range strings.Split(word("KEY"), "/")[1:] {
		address += "/" + url.PathEscape(segment)
	}
	request, err := http.NewRequest(http.MethodPost, address, &body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Authorization", signature())
	response, err := client.Do(request)
	if err != nil {
		return nil, lost{err.Error()}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, lost{err.Error()}
	}
	var reply struct {
		Code *number `json:"code"`
		Data *data   `json:"data"`
	}
	// What a refusal has as its data is of no use.
	var decided struct {
		Code *number `json:"code"`
	}
	if err := json.Unmarshal(text, &decided); err != nil || decided.Code == nil {
		return nil, lost{"a reply without a code: " + string(text)}
	}
	if code := int64(*decided.Code); transient[code] {
		return nil, lost{string(text)}
	} else if code != 0 {
		return nil, refused{code, string(text)}
	}
	if response.StatusCode != http.StatusOK {
		return nil, lost{response.Status}
	}
	if err := json.Unmarshal(text, &reply); err != nil || reply.Data == nil {
		return nil, lost{"a reply without data: " + string(text)}
	}
	return reply.Data, nil
}

// persist does what may succeed the next time up to three times.
func persist(attempt func() error) (err error) {
	for left := attempts; left > 0; left-- {
		if left < attempts {
			time.Sleep(pause)
		}
		if err = attempt(); !errors.As(err, &lost{}) {
			return err
		}
	}
	return err
}

func signature() string {
	now := time.Now().Unix()
	clear := fmt.Sprintf("a=%s&b=%s&k=%s&e=%d&t=%d&r=%d&f=",
		word("APPID"), word("BUCKET"), word("SECRET_ID"), now+600, now, rand.Int31())
	mac := hmac.New(sha1.New, []byte(word("SECRET_KEY")))
	mac.Write([]byte(clear))
	return base64.StdEncoding.EncodeToString(append(mac.Sum(nil), clear...))
}
