package house

import (
	"go/ast"
	"go/doc/comment"
	"go/token"
	"iter"
	"strings"
	"unicode"
)

// decl judges what one declaration exports and returns the comments that go
// doc shows for it.
func (d *documents) decl(decl ast.Decl) []*ast.CommentGroup {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if !decl.Name.IsExported() || decl.Recv != nil && !token.IsExported(receiver(decl)) {
			return nil
		}
		d.name(decl.Name, decl.Doc)
		return present(decl.Doc)
	case *ast.GenDecl:
		var shown []*ast.CommentGroup
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				shown = append(shown, d.typeSpec(decl, spec)...)
			case *ast.ValueSpec:
				shown = append(shown, d.valueSpec(decl, spec)...)
			}
		}
		return shown
	}
	return nil
}

// typeSpec judges one exported type with its exported fields or its methods.
func (d *documents) typeSpec(decl *ast.GenDecl, spec *ast.TypeSpec) []*ast.CommentGroup {
	if !spec.Name.IsExported() {
		return nil
	}
	text := spec.Doc
	if text == nil && !decl.Lparen.IsValid() {
		text = decl.Doc
	}
	d.name(spec.Name, text)
	shown := present(text)
	var members []*ast.Field
	switch t := spec.Type.(type) {
	case *ast.StructType:
		members = t.Fields.List
	case *ast.InterfaceType:
		members = t.Methods.List
	}
	d.members(spec.Name.Name, members)
	for _, member := range members {
		shown = append(shown, present(member.Doc, member.Comment)...)
	}
	return shown
}

// members judges the fields of a struct or the methods of an interface. One
// comment may speak for the lines below it, up to a blank one, that it names.
func (d *documents) members(owner string, members []*ast.Field) {
	shared, end := "", 0
	for _, member := range members {
		if begin := d.fset.Position(member.Pos()).Line; member.Doc != nil || begin > end+1 {
			shared = member.Doc.Text()
		}
		end = d.fset.Position(member.End()).Line
		for _, name := range member.Names {
			if name.IsExported() && !spoken(member.Doc, member.Comment) && !mentions(shared, name.Name) {
				d.report(name.Pos(), "%s.%s has no comment", owner, name.Name)
			}
		}
	}
}

// mentions reports whether a name stands in a text as a word.
func mentions(text, name string) bool {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if word == name {
			return true
		}
	}
	return false
}

// valueSpec judges one line of constants or variables. Alone it must begin
// with its name; in a group the group's comment, or its own, will do.
func (d *documents) valueSpec(decl *ast.GenDecl, spec *ast.ValueSpec) []*ast.CommentGroup {
	for _, name := range spec.Names {
		switch {
		case !name.IsExported():
		case !decl.Lparen.IsValid() && len(spec.Names) == 1:
			d.name(name, decl.Doc)
		case !spoken(decl.Doc, spec.Doc, spec.Comment):
			d.report(name.Pos(), "%s has no comment, nor has its group", name.Name)
		}
	}
	return present(decl.Doc, spec.Doc, spec.Comment)
}

// name judges the doc comment of one exported name.
func (d *documents) name(name *ast.Ident, text *ast.CommentGroup) {
	if !spoken(text) {
		d.report(name.Pos(), "%s has no doc comment", name.Name)
		return
	}
	words := text.Text()
	for _, article := range []string{"A ", "An ", "The "} {
		words = strings.TrimPrefix(words, article)
	}
	if !beginsWith(words, name.Name) {
		d.report(text.Pos(), "the doc comment of %s must begin with its name", name.Name)
	}
}

// spoken reports whether one of the comments says something: a directive says
// nothing to a reader.
func spoken(groups ...*ast.CommentGroup) bool {
	for _, group := range groups {
		if group.Text() != "" {
			return true
		}
	}
	return false
}

func present(groups ...*ast.CommentGroup) []*ast.CommentGroup {
	var there []*ast.CommentGroup
	for _, group := range groups {
		if group != nil {
			there = append(there, group)
		}
	}
	return there
}

// receiver returns the name of the type that a method belongs to.
func receiver(decl *ast.FuncDecl) string {
	t := decl.Recv.List[0].Type
	for {
		switch u := t.(type) {
		case *ast.StarExpr:
			t = u.X
		case *ast.IndexExpr:
			t = u.X
		case *ast.IndexListExpr:
			t = u.X
		case *ast.Ident:
			return u.Name
		default:
			return ""
		}
	}
}

// texts yields the text of parsed doc blocks, piece by piece; code blocks,
// where brackets are brackets, are left out.
func texts(blocks []comment.Block) iter.Seq[comment.Text] {
	return func(yield func(comment.Text) bool) { eachText(blocks, yield) }
}

func eachText(blocks []comment.Block, yield func(comment.Text) bool) bool {
	for _, block := range blocks {
		var pieces []comment.Text
		switch block := block.(type) {
		case *comment.Paragraph:
			pieces = block.Text
		case *comment.Heading:
			pieces = block.Text
		case *comment.List:
			for _, item := range block.Items {
				if !eachText(item.Content, yield) {
					return false
				}
			}
		}
		for _, piece := range pieces {
			if !yield(piece) {
				return false
			}
		}
	}
	return true
}
